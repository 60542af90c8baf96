"""Seconds per image of every setting, beside the same network computing everything and beside its baseline."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measuring.configurations import BASELINE_SETTING
from benchmarks.measuring.summaries import summary_columns
from benchmarks.measuring.summaries.quartiles import quartiles

PERCENTILES = (50, 90, 99)


@summary_columns("latency")
def latency_columns(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Median seconds per image, and what follows from them.

    Columns: latency_<batch> with its quartiles latency_<batch>_low and _high, sorted_<batch> (images sorted by route),
    dense_<batch> (computing everything), static_<batch> and compiled_<batch> (the baseline's, and through
    `torch.compile`), spread_<batch> (range of the quartiles over the median: more than 0.1 is a noisy timing),
    realised_<batch> (where costs were counted), break_even, and those of `by_route`.
    """
    table = with_order(table)
    grouped = table.groupby(["order", "batch_size", "compute", "setting"])["seconds"]
    medians = grouped.median()
    ranges = grouped.quantile(0.75) - grouped.quantile(0.25)
    columns: dict[str, Any] = {}
    sizes = sorted(table["batch_size"].unique())
    for size in sizes:
        natural = medians["natural", size] / size
        needed, everything = natural["needed"], natural["all"]
        columns[f"latency_{size}"] = needed
        columns[f"spread_{size}"] = ranges["natural", size, "needed"] * (1 / size) / needed
        columns[f"static_{size}"] = pd.Series(everything[BASELINE_SETTING], index=needed.index)
        columns[f"dense_{size}"] = everything.drop(BASELINE_SETTING)
        if "compiled" in natural:
            columns[f"compiled_{size}"] = pd.Series(natural["compiled", BASELINE_SETTING], index=needed.index)
        if ("sorted", size) in medians:
            columns[f"sorted_{size}"] = medians["sorted", size, "needed"] / size
        if "executed" in rows:
            nominal_time = everything.drop(BASELINE_SETTING).iloc[0]
            saved = rows["nominal"] / rows["executed"]
            columns[f"realised_{size}"] = (nominal_time / needed) / saved.reindex(needed.index)
    needed = table[(table["compute"] == "needed") & (table["order"] == "natural")]
    timed = pd.DataFrame(columns).join(quartiles("latency", needed, needed["seconds"] / needed["batch_size"]))
    timed["break_even"] = [break_even(dict(zip(sizes, row, strict=True))) for row in _speedups(timed, sizes)]
    return timed.join(by_route(table))


def with_order(table: pd.DataFrame) -> pd.DataFrame:
    """The latency table; where it is from before images were sorted, every pass was in natural order."""
    return table if "order" in table else table.assign(order="natural", macs=math.nan)


def _speedups(timed: pd.DataFrame, sizes: Sequence[int]) -> Any:
    static, own = (timed[[f"{kind}_{size}" for size in sizes]].to_numpy() for kind in ("static", "latency"))
    return static / own


def break_even(speedups: Mapping[int, float]) -> float:
    """The smallest batch from which on a network is at least as fast as its baseline; infinity if there is none.

    Args:
        speedups: at every batch size that was timed.
    """
    found = math.inf
    for size in sorted(speedups, reverse=True):
        if speedups[size] < 1:
            break
        found = float(size)
    return found


def by_route(table: pd.DataFrame) -> pd.DataFrame:
    """Percentiles of seconds for single images on the short and on the long path, by setting.

    Columns: short_p50, short_p90, short_p99, long_p50, ...; a path is short where it costs less than halfway between
    the cheapest and the most expensive image. Settings at which every image costs the same have no row.
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
