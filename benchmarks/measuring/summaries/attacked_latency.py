"""Seconds under attack over those of the same images untouched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measuring.ratios import Turns
from benchmarks.measuring.summaries import summary_columns

CLEAN, ATTACKED = "clean", "attacked"


@summary_columns("attacked_latency")
def attacked_latency_columns(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """How a network's seconds grow under an attack on its cost, at the headline setting, which alone is attacked.

    Columns: attacked_epsilon, and at every batch size attacked_growth_<batch> (mean seconds of the attacked images over
    those of the clean ones, in turns, in the engine that is the faster one on clean images) with the ends of its 95 %
    interval (_low and _high), attacked_seconds_<batch> (mean per image) and attacked_macs_<batch> (the same growth in
    multiply-accumulates). There are none of a network whose cost cannot be attacked.
    """
    if bool((table["note"] != "").any()):
        return pd.DataFrame(index=rows.index)
    columns: dict[str, Any] = {"attacked_epsilon": table["epsilon"].iloc[0]}
    for size, own in table.groupby("batch_size"):
        clean = own[own["images"] == CLEAN].groupby("engine")["seconds"].mean()
        at = own[own["engine"] == clean.idxmin()].pivot(index="repetition", columns="images")
        growth = Turns(at["seconds"][[ATTACKED, CLEAN]].to_numpy(dtype=np.float64)).ratio(0, 1)
        name = f"attacked_growth_{size}"
        columns[name], (columns[f"{name}_low"], columns[f"{name}_high"]) = growth.value, growth.interval()
        columns[f"attacked_seconds_{size}"] = at["seconds"][ATTACKED].mean() / float(str(size))
        columns[f"attacked_macs_{size}"] = at["macs"][ATTACKED].mean() / at["macs"][CLEAN].mean()
    return pd.DataFrame(
        {name: np.where(rows["headline"], value, np.nan) for name, value in columns.items()}, rows.index
    )
