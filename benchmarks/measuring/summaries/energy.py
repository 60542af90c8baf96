"""Joules per image of every setting, beside the same network computing everything and beside its baseline."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from benchmarks.measuring.engine_names import BASELINE_SETTING
from benchmarks.measuring.summaries import summary_columns
from benchmarks.measuring.summaries.quartiles import quartiles


@summary_columns("energy")
def energy_columns(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Median joules per image, of the whole GPU.

    Columns: energy_<batch> with its quartiles energy_<batch>_low and _high, energy_dense_<batch> (computing
    everything), energy_static_<batch> (the baseline's), energy_idle_<batch> (what the GPU would have taken in that time
    doing nothing), energy_spread_<batch> (range of the quartiles over the median), energy_note (empty, or why there is
    no energy).
    """
    single = per_image(table)
    needed_alone = single[single["compute"] == "needed"]
    grouped = single.groupby(["batch_size", "compute", "setting"])
    medians = grouped[["energy", "idle"]].median()
    ranges = grouped["energy"].quantile(0.75) - grouped["energy"].quantile(0.25)
    columns: dict[str, Any] = {}
    for size in sorted(table["batch_size"].unique()):
        needed = medians.xs((size, "needed"))
        everything = medians["energy"].get((size, "all"), pd.Series(dtype=float))
        columns[f"energy_{size}"] = needed["energy"]
        columns[f"energy_idle_{size}"] = needed["idle"]
        columns[f"energy_spread_{size}"] = ranges[size, "needed"] / needed["energy"]
        columns[f"energy_static_{size}"] = pd.Series(everything.get(BASELINE_SETTING, math.nan), index=needed.index)
        columns[f"energy_dense_{size}"] = everything.drop(BASELINE_SETTING, errors="ignore")
    notes = table[table["compute"] == "needed"].groupby("setting")["note"].first()
    ends = quartiles("energy", needed_alone, needed_alone["energy"])
    return pd.DataFrame(columns).join(notes.rename("energy_note")).join(ends)


def per_image(table: pd.DataFrame) -> pd.DataFrame:
    """An energy table with joules per image: `energy`, and `idle`, what the GPU would have taken doing nothing."""
    images = table["passes"] * table["batch_size"]
    idle = table["idle_watts"] * table["seconds"] / images
    return table.assign(energy=table["joules"] / images, idle=idle)
