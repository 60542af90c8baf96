"""Accuracy and computation under attack."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.measuring.summaries import summary_columns
from benchmarks.measuring.summaries.intervals import wilson_interval


@summary_columns("robustness")
def robustness_columns(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Columns: robust_<attack>_<epsilon>, of the headline setting, which alone is attacked."""
    shares = robust_accuracy(table)
    return pd.DataFrame(
        {name: np.where(rows["headline"], share, np.nan) for name, share in shares.items()}, index=rows.index
    )


def robust_accuracy(table: pd.DataFrame) -> dict[str, float]:
    """Share of images that are right after the attack, by `robust_<attack>_<epsilon>`."""
    attacked = table[table["attack"] != CLEAN]
    right = attacked["label"] == attacked["prediction"]
    names = attacked["attack"].astype(str) + attacked["epsilon"].map("_{:.4g}".format)
    return {f"robust_{name}": float(share) for name, share in right.groupby(names, sort=False).mean().items()}


def attack_rates(table: pd.DataFrame) -> pd.DataFrame:
    """Accuracy and cost of one network by attack and epsilon, from its robustness table.

    Columns: attack, epsilon, strength (0 in tables from before it was declared), images, accuracy, low, high (95 %
    Wilson interval), macs (mean routed), relative (macs / those of the same images without attack; NaN where they
    were not recorded).
    """
    clean = table.loc[table["attack"] == CLEAN, "macs"].mean()
    rows = []
    for (attack, epsilon), group in table.groupby(["attack", "epsilon"], sort=False):
        right = int((group["label"] == group["prediction"]).sum())
        low, high = wilson_interval(right, len(group))
        macs = group["macs"].mean()
        rows.append(
            {
                "attack": attack,
                "epsilon": float(str(epsilon)),
                "strength": int(group["strength"].iloc[0]) if "strength" in group else 0,
                "images": len(group),
                "accuracy": right / len(group),
                "low": low,
                "high": high,
                "macs": macs,
                "relative": macs / clean,
            }
        )
    return pd.DataFrame(rows)
