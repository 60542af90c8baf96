"""One row per trained model and setting, computed from per-sample tables alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from benchmarks.measuring.contenders import BASELINE
from benchmarks.records.record import Record

CONFIDENCE = 0.95
CLEAN = "none"
"""Name of the attack that does nothing."""
CALIBRATION_BINS = 15


def summarise(records: Mapping[str, Record]) -> pd.DataFrame:
    """Table of all records, by label.

    Columns: model, method, preset, repetition, id, setting, headline, note, samples, accuracy, accuracy_low,
    accuracy_high (95 % Wilson interval), top5, nll, calibration_error, parameters, nominal, routed, executed,
    fvcore, ptflops (multiply-accumulates), execution (routed / nominal), latency_<batch>, sorted_<batch>,
    dense_<batch>, static_<batch> and compiled_<batch> (median seconds per picture: the network's, with pictures sorted
    by route, computing everything; the static ResNet's, and through `torch.compile`), spread_<batch> (range of the
    quartiles over the median: more than 0.1 is a noisy timing), realised_<batch>, break_even, the columns of
    `by_route`, energy_<batch>, energy_dense_<batch>, energy_static_<batch> (median joules per picture, of the whole
    GPU), energy_idle_<batch> (what it would have taken meanwhile, doing nothing), energy_spread_<batch>, energy_note
    (empty, or why there is no energy), robust_<attack>_<epsilon>
    (headline setting only), train_seconds, baseline (selector of the static ResNet that it is compared with, timed
    beside it) and baseline_macs. Absent measurements are NaN.
    """
    return joined({label: rows_of(record) for label, record in records.items()})


def joined(rows: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The rows of several records, by label, as one table with the column `model`."""
    frames = [own.assign(model=label) for label, own in rows.items()]
    if not frames:
        return pd.DataFrame()
    table = pd.concat(frames, ignore_index=True)
    return table[["model", *(column for column in table if column != "model")]]


def rows_of(record: Record) -> pd.DataFrame:
    """The rows of `summarise` for one record, without its label.

    With the quartiles of times and energies, latency_<batch>_low and _high, energy_<batch>_low and _high.
    """
    config = record.config
    spec = config["spec"]
    settings = config["settings"]
    rows = pd.DataFrame(
        {
            "method": spec["method"],
            "preset": spec["preset"],
            "repetition": spec["repetition"],
            "id": record.path.name,
            "setting": [setting["name"] for setting in settings],
            "headline": [index == 0 for index in range(len(settings))],
            "note": [setting["note"] for setting in settings],
            "train_seconds": config["seconds"],
            "baseline": config["baseline"]["network"],
            "baseline_macs": config["baseline"]["macs"],
        }
    ).set_index("setting", drop=False)
    if record.has("accuracy"):
        rows = rows.join(_accuracy(record.table("accuracy")))
    if record.has("cost"):
        rows = rows.join(record.table("cost").set_index("setting"))
        rows["execution"] = rows["routed"] / rows["nominal"]
    if record.has("latency"):
        rows = rows.join(_latency(timings(record), rows))
    if record.has("energy"):
        rows = rows.join(_energy(record.table("energy")))
    if record.has("robustness"):
        for name, value in robust_accuracy(record.table("robustness")).items():
            rows[name] = np.where(rows["headline"], value, np.nan)
    return rows.reset_index(drop=True)


def attack_rates(table: pd.DataFrame) -> pd.DataFrame:
    """Accuracy and cost of one network by attack and epsilon, from its robustness table.

    Columns: attack, epsilon, strength (0 in tables from before it was declared), pictures, accuracy, low, high (95 %
    Wilson interval), macs (mean routed), relative (macs / those of the same pictures without attack; NaN where they
    were not recorded).
    """
    clean = table.loc[table["attack"] == CLEAN, "macs"].mean()
    rows = []
    for (attack, epsilon), group in table.groupby(["attack", "epsilon"], sort=False):
        right = int((group["label"] == group["prediction"]).sum())
        low, high = interval(right, len(group))
        macs = group["macs"].mean()
        rows.append(
            {
                "attack": attack,
                "epsilon": float(str(epsilon)),
                "strength": int(group["strength"].iloc[0]) if "strength" in group else 0,
                "pictures": len(group),
                "accuracy": right / len(group),
                "low": low,
                "high": high,
                "macs": macs,
                "relative": macs / clean,
            }
        )
    return pd.DataFrame(rows)


def _accuracy(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for setting, group in table.groupby("setting", sort=False):
        correct = group["label"] == group["prediction"]
        low, high = interval(int(correct.sum()), len(group))
        rows.append(
            {
                "setting": setting,
                "samples": len(group),
                "accuracy": correct.mean(),
                "accuracy_low": low,
                "accuracy_high": high,
                "top5": group["top5"].mean(),
                "nll": group["nll"].mean(),
                "calibration_error": calibration_error(group["confidence"], correct),
            }
        )
    return pd.DataFrame(rows).set_index("setting")


@lru_cache(maxsize=100_000)
def interval(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a proportion."""
    found = binomtest(successes, trials).proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


def calibration_error(confidence: pd.Series, correct: pd.Series) -> float:
    """Expected calibration error with 15 equal bins (Guo et al. 2017): mean |confidence - accuracy| over bins."""
    values, right = confidence.to_numpy(dtype=np.float64), correct.to_numpy(dtype=np.float64)
    places = np.clip(np.ceil(values * CALIBRATION_BINS).astype(int) - 1, 0, CALIBRATION_BINS - 1)
    sums = np.bincount(places, weights=values - right, minlength=CALIBRATION_BINS)
    return float(np.abs(sums).sum() / len(values))


def timings(record: Record) -> pd.DataFrame:
    """The latency table; where it is from before pictures were sorted, every pass was in natural order."""
    table = record.table("latency")
    return table if "order" in table else table.assign(order="natural", macs=math.nan)


def _latency(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    grouped = table.groupby(["order", "batch_size", "compute", "setting"])["seconds"]
    medians = grouped.median()
    quartiles = grouped.quantile(0.75) - grouped.quantile(0.25)
    columns: dict[str, Any] = {}
    sizes = sorted(table["batch_size"].unique())
    for size in sizes:
        natural = medians["natural", size] / size
        needed, everything = natural["needed"], natural["all"]
        columns[f"latency_{size}"] = needed
        columns[f"spread_{size}"] = quartiles["natural", size, "needed"] * (1 / size) / needed
        columns[f"static_{size}"] = pd.Series(everything[BASELINE], index=needed.index)
        columns[f"dense_{size}"] = everything.drop(BASELINE)
        if "compiled" in natural:
            columns[f"compiled_{size}"] = pd.Series(natural["compiled", BASELINE], index=needed.index)
        if ("sorted", size) in medians:
            columns[f"sorted_{size}"] = medians["sorted", size, "needed"] / size
        if "executed" in rows:
            nominal_time = everything.drop(BASELINE).iloc[0]
            saved = rows["nominal"] / rows["executed"]
            columns[f"realised_{size}"] = (nominal_time / needed) / saved.reindex(needed.index)
    needed = table[(table["compute"] == "needed") & (table["order"] == "natural")]
    timed = pd.DataFrame(columns).join(_quartiles("latency", needed, needed["seconds"] / needed["batch_size"]))
    timed["break_even"] = [break_even(dict(zip(sizes, row, strict=True))) for row in _speedups(timed, sizes)]
    return timed.join(by_route(table))


def per_picture(table: pd.DataFrame) -> pd.DataFrame:
    """An energy table with joules per picture: `energy`, and `idle`, what the GPU would have taken doing nothing."""
    pictures = table["passes"] * table["batch_size"]
    idle = table["idle_watts"] * table["seconds"] / pictures
    return table.assign(energy=table["joules"] / pictures, idle=idle)


def _energy(table: pd.DataFrame) -> pd.DataFrame:
    single = per_picture(table)
    needed_alone = single[single["compute"] == "needed"]
    grouped = single.groupby(["batch_size", "compute", "setting"])
    medians = grouped[["energy", "idle"]].median()
    quartiles = grouped["energy"].quantile(0.75) - grouped["energy"].quantile(0.25)
    columns: dict[str, Any] = {}
    for size in sorted(table["batch_size"].unique()):
        needed = medians.xs((size, "needed"))
        everything = medians["energy"].get((size, "all"), pd.Series(dtype=float))
        columns[f"energy_{size}"] = needed["energy"]
        columns[f"energy_idle_{size}"] = needed["idle"]
        columns[f"energy_spread_{size}"] = quartiles[size, "needed"] / needed["energy"]
        columns[f"energy_static_{size}"] = pd.Series(everything.get(BASELINE, math.nan), index=needed.index)
        columns[f"energy_dense_{size}"] = everything.drop(BASELINE, errors="ignore")
    notes = table[table["compute"] == "needed"].groupby("setting")["note"].first()
    ends = _quartiles("energy", needed_alone, needed_alone["energy"])
    return pd.DataFrame(columns).join(notes.rename("energy_note")).join(ends)


def _quartiles(kind: str, needed: pd.DataFrame, values: pd.Series) -> pd.DataFrame:
    """Quartiles of values by setting: <kind>_<batch>_low and _high."""
    grouped = values.groupby([needed["setting"], needed["batch_size"]])
    low, high = (grouped.quantile(q).unstack("batch_size") for q in (0.25, 0.75))
    low.columns = [f"{kind}_{size}_low" for size in low.columns]
    high.columns = [f"{kind}_{size}_high" for size in high.columns]
    return low.join(high)


def _speedups(timed: pd.DataFrame, sizes: Sequence[int]) -> Any:
    static, own = (timed[[f"{kind}_{size}" for size in sizes]].to_numpy() for kind in ("static", "latency"))
    return static / own


def break_even(speedups: Mapping[int, float]) -> float:
    """The smallest batch from which on a network is at least as fast as the static ResNet; infinity if there is none.

    Args:
        speedups: at every batch size that was timed.
    """
    found = math.inf
    for size in sorted(speedups, reverse=True):
        if speedups[size] < 1:
            break
        found = float(size)
    return found


PERCENTILES = (50, 90, 99)


def by_route(table: pd.DataFrame) -> pd.DataFrame:
    """Percentiles of seconds for single pictures on the short and on the long path, by setting.

    Columns: short_p50, short_p90, short_p99, long_p50, ...; a path is short where it costs less than halfway between
    the cheapest and the dearest picture. Settings at which every picture costs the same have no row.
    """
    single = table[(table["batch_size"] == 1) & (table["compute"] == "needed")]
    rows = {}
    for setting, group in single.groupby("setting", sort=False):
        middle = (group["macs"].min() + group["macs"].max()) / 2
        paths = {"short": group[group["macs"] < middle], "long": group[group["macs"] >= middle]}
        if len(paths["short"]):
            rows[setting] = {
                f"{path}_p{p}": float(np.percentile(own["seconds"], p))
                for path, own in paths.items()
                for p in PERCENTILES
            }
    columns = [f"{path}_p{p}" for path in ("short", "long") for p in PERCENTILES]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def robust_accuracy(table: pd.DataFrame) -> dict[str, float]:
    """Share of pictures that are right after the attack, by `robust_<attack>_<epsilon>`."""
    attacked = table[table["attack"] != "none"]
    right = attacked["label"] == attacked["prediction"]
    names = attacked["attack"].astype(str) + attacked["epsilon"].map("_{:.4g}".format)
    return {f"robust_{name}": float(share) for name, share in right.groupby(names, sort=False).mean().items()}
