"""Seconds per image of every setting, beside the same network computing everything and beside its baseline."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.measuring.engine_names import BASELINE_SETTING, RACING, SERVED
from benchmarks.measuring.ratios import Estimate, Turns
from benchmarks.measuring.summaries import summary_columns

PERCENTILES = (50, 90, 99)
FEWEST_TIMINGS = 20
"""Timings of a path below which it has no percentiles."""
PATHS = ("any", "short", "long")
PATH_COLUMNS = tuple(f"{path}_{what}" for path in PATHS for what in ("n", *(f"p{p}" for p in PERCENTILES)))
BASELINE = ("natural", "all", BASELINE_SETTING)
COMPILED = ("natural", "compiled", BASELINE_SETTING)


@summary_columns("latency")
def latency_columns(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Mean seconds per image, and what follows from them.

    Columns at every batch size: latency_<batch>, sorted_<batch> (images sorted by route), dense_<batch> (computing
    everything), static_<batch> and compiled_<batch> (the baseline's, and through `torch.compile`); speedup_<batch> (the
    baseline's mean over the setting's) and faster_<batch> (`Estimate.differs`: 1 faster than the baseline, -1 slower, 0
    if that cannot be told); realised_<batch> (where costs were counted); spread_<batch> (range of the quartiles of a
    pass over its median: more than 0.1 is a noisy timing); passes_<batch> (their number), narrow_<batch> (1 if the
    interval ended them, 0 if the time was spent). latency, speedup and realised have the ends of their 95 % intervals,
    <column>_low and <column>_high. Besides: break_even, and the columns of `percentiles`.
    """
    table = with_new_columns(table)
    table = table[table["ended_by"] != RACING]
    sizes = {size: table[table["batch_size"] == size] for size in sorted(table["batch_size"].unique().tolist())}
    columns = [_at_size(own, size, rows) for size, own in sizes.items()]
    timed = pd.concat(columns, axis=1)
    faster = timed[[f"faster_{size}" for size in sizes]].to_numpy() > 0
    timed["break_even"] = [break_even(dict(zip(sizes, row, strict=True))) for row in faster]
    return timed.join(percentiles(table))


def with_new_columns(table: pd.DataFrame) -> pd.DataFrame:
    """A latency table with the columns that tables of older versions lack, saying what is true of those.

    Their passes were in natural order, each setting was timed by itself in PyTorch, and the time ended the passes.
    """
    missing: dict[str, Any] = {
        "order": "natural",
        "macs": math.nan,
        "measured_as": table["setting"],
        "engine": SERVED,
        "ended_by": "budget",
    }
    return table.assign(**{name: value for name, value in missing.items() if name not in table})


def _at_size(own: pd.DataFrame, size: int, rows: pd.DataFrame) -> pd.DataFrame:
    """The columns of one batch size, by setting."""
    table = own.pivot(index="repetition", columns=["order", "compute", "setting"], values="seconds")
    seconds: NDArray[np.float64] = table.to_numpy(dtype=np.float64)
    turns = Turns(seconds)
    contenders: list[tuple[str, str, str]] = table.columns.tolist()  # type: ignore[assignment]
    place = {contender: index for index, contender in enumerate(contenders)}
    mean = {contender: turns.mean(index).scaled(1 / size) for contender, index in place.items()}
    narrow = float(own["ended_by"].iloc[0] == "interval")
    found = {}
    for setting in own.loc[(own["compute"] == "needed") & (own["order"] == "natural"), "setting"].unique():
        this, dense = ("natural", "needed", setting), ("natural", "all", setting)
        speedup = turns.ratio(place[BASELINE], place[this])
        quartiles = np.percentile(seconds[:, place[this]], (25, 50, 75))
        columns: dict[str, Any] = {
            **_with_ends(f"latency_{size}", mean[this]),
            **_with_ends(f"speedup_{size}", speedup),
            f"faster_{size}": float(speedup.differs()),
            f"spread_{size}": (quartiles[2] - quartiles[0]) / quartiles[1],
            f"passes_{size}": float(len(seconds)),
            f"narrow_{size}": narrow,
        }
        others = {"static": BASELINE, "dense": dense, "compiled": COMPILED, "sorted": ("sorted", "needed", setting)}
        columns |= {f"{kind}_{size}": mean[other].value for kind, other in others.items() if other in place}
        if "executed" in rows:
            everything = next(c for c in place if c[1] == "all" and c != BASELINE)
            saved = float(rows["nominal"].get(setting, math.nan) / rows["executed"].get(setting, math.nan))
            columns |= _with_ends(f"realised_{size}", turns.ratio(place[everything], place[this]).scaled(1 / saved))
        found[setting] = columns
    return pd.DataFrame.from_dict(found, orient="index")


def _with_ends(name: str, figure: Estimate) -> dict[str, float]:
    low, high = figure.interval()
    return {name: figure.value, f"{name}_low": low, f"{name}_high": high}


def break_even(faster: Mapping[int, bool]) -> float:
    """The smallest batch from which on a network is faster than its baseline; infinity if there is none.

    Args:
        faster: whether it is, at every batch size that was timed.
    """
    found = math.inf
    for size in sorted(faster, reverse=True):
        if not faster[size]:
            break
        found = float(size)
    return found


def percentiles(table: pd.DataFrame) -> pd.DataFrame:
    """Percentiles of seconds for single images by setting: of all, and of those on the short and on the long path.

    Columns: any_n (how many timings), any_p50, any_p90, any_p99, short_n, short_p50, ...; a path is short where it
    costs less than halfway between the cheapest and the most expensive image. Settings at which every image costs the
    same have no short and no long path. Of fewer than 20 timings there are no percentiles.
    """
    wanted = (table["batch_size"] == 1) & (table["compute"] == "needed") & (table["order"] == "natural")
    rows = {}
    for setting, group in table[wanted].groupby("setting", sort=False):
        middle = (group["macs"].min() + group["macs"].max()) / 2
        paths = {"any": group}
        if (group["macs"] < middle).any():
            paths |= {"short": group[group["macs"] < middle], "long": group[group["macs"] >= middle]}
        rows[setting] = {
            name: value for path, own in paths.items() for name, value in _percentiles(path, own["seconds"]).items()
        }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(PATH_COLUMNS), dtype=float)


def _percentiles(path: str, seconds: pd.Series) -> dict[str, float]:
    enough = len(seconds) >= FEWEST_TIMINGS
    values = {f"{path}_p{p}": float(np.percentile(seconds, p)) if enough else math.nan for p in PERCENTILES}
    return {f"{path}_n": float(len(seconds)), **values}
