"""Accuracy and routed cost behind JPEG, clean and attacked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.measuring.summaries import summary_columns
from benchmarks.measuring.summaries.intervals import wilson_interval

KEYS = ["attack", "quality", "knows", "epsilon"]
"""Columns that together identify a way in which images were shown."""


@summary_columns("jpeg")
def jpeg_columns(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Accuracies of the headline setting, which alone is attacked.

    Columns: jpeg_<quality> (clean) and jpeg_<quality>_<attack>_<epsilon>, and `_known` where the attack knows of the
    compression. Quality 0 is none.
    """
    values = {_name(rate): rate["accuracy"] for rate in jpeg_rates(table).to_dict("records")}
    return pd.DataFrame(
        {name: np.where(rows["headline"], value, np.nan) for name, value in values.items()}, index=rows.index
    )


def _name(rate: Mapping[Any, Any]) -> str:
    attacked = "" if rate["attack"] == CLEAN else f"_{rate['attack']}_{rate['epsilon']:.4g}"
    return f"jpeg_{rate['quality']}{attacked}{'_known' * bool(rate['knows'])}"


def jpeg_rates(table: pd.DataFrame) -> pd.DataFrame:
    """Accuracy and cost of one network by attack, quality, knowledge and epsilon.

    Columns: those of `KEYS`, images, accuracy, low, high (95 % Wilson interval), macs (mean routed), relative (macs /
    those of the same images, clean and not compressed).
    """
    clean = table.loc[(table["attack"] == CLEAN) & (table["quality"] == 0), "macs"].mean()
    rows = []
    for place, group in table.groupby(KEYS, sort=False):
        right = int((group["label"] == group["prediction"]).sum())
        low, high = wilson_interval(right, len(group))
        rows.append(
            {
                **dict(zip(KEYS, place, strict=True)),
                "images": len(group),
                "accuracy": right / len(group),
                "low": low,
                "high": high,
                "macs": group["macs"].mean(),
                "relative": group["macs"].mean() / clean,
            }
        )
    return pd.DataFrame(rows)
