"""Computation under attack."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from benchmarks.measuring.summaries import summary_columns
from benchmarks.measuring.summaries.intervals import wilson_interval

CLEAN, COST = "none", "cost"
NORMAL = 1.959964
"""The 97.5 % quantile of the standard normal distribution."""


@summary_columns("slowdown")
def slowdown_columns(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Columns: slowdown_<epsilon>, the mean cost under attack over the nominal cost, of the headline setting.

    That alone is attacked. There are none of a network whose cost cannot be attacked.
    """
    columns = {
        f"slowdown_{row['epsilon']:.4g}": row["share"]
        for row in slowdown_rates(table).to_dict("records")
        if row["goal"] == COST
    }
    return pd.DataFrame(
        {name: np.where(rows["headline"], value, np.nan) for name, value in columns.items()}, rows.index
    )


def slowdown_rates(table: pd.DataFrame) -> pd.DataFrame:
    """Cost of one network by goal and epsilon, from its slowdown table; empty where nothing was attacked.

    Columns: goal, epsilon, tries, images, share (mean cost over the nominal cost) with share_low and share_high (95 %
    by the normal approximation, within [0, 1]), undone (the part of what routing saves on the clean images that the
    attack takes back; NaN where it saves nothing), growth (mean cost over the clean images'), at_nominal (share of
    images), efficacy (see `exit_efficacy`), accuracy with accuracy_low and accuracy_high (Wilson).
    """
    if bool((table["note"] != "").any()):
        return pd.DataFrame(columns=["goal", "epsilon"])
    clean = (table["macs"] / table["nominal"])[table["goal"] == CLEAN].mean()
    rows = []
    for (goal, epsilon), group in table.groupby(["goal", "epsilon"], sort=False):
        shares = group["macs"] / group["nominal"]
        share, half = shares.mean(), NORMAL * shares.std(ddof=0) / math.sqrt(len(shares))
        right = int((group["label"] == group["prediction"]).sum())
        low, high = wilson_interval(right, len(group))
        rows.append(
            {
                "goal": goal,
                "epsilon": float(str(epsilon)),
                "tries": int(group["tries"].iloc[0]),
                "images": len(group),
                "share": share,
                "share_low": max(0.0, share - half),
                "share_high": min(1.0, share + half),
                "undone": (share - clean) / (1 - clean) if clean < 1 else math.nan,
                "growth": share / clean,
                "at_nominal": (shares == 1).mean(),
                "efficacy": exit_efficacy(shares),
                "accuracy": right / len(group),
                "accuracy_low": low,
                "accuracy_high": high,
            }
        )
    return pd.DataFrame(rows)


def exit_efficacy(shares: pd.Series) -> float:
    """Area under the share of images that have their answer, over the share of the nominal cost from 0 to 1.

    Hong et al. 2021 judge attacks on early exits by it: it is near 1 where images leave at once, and 0 where none
    leaves early. Each image is a step at its own cost, so that the area is one minus the mean share.

    Args:
        shares: of every image its cost over the nominal cost.
    """
    costs, counts = np.unique(shares.to_numpy(dtype=np.float64), return_counts=True)
    answered = counts.cumsum() / counts.sum()
    return float((answered * np.diff(costs, append=1.0)).sum())
