"""Accuracy and routed cost on corrupted images, and whether they go together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from benchmarks.measuring.summaries import summary_columns
from benchmarks.measuring.summaries.intervals import wilson_interval

KEYS = ["corruption", "severity", "source"]
"""Columns that together identify a corruption's images."""


@summary_columns("corruptions")
def corruption_columns(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Columns of the headline setting, means over corruptions.

    corrupted_accuracy_<severity>, corrupted_relative_<severity> (cost / that of the clean images), and
    corrupted_correlation (see `rank_correlation`) over corrupted_means pairs.
    """
    rates = corruption_rates(table)
    corrupted = rates[rates["severity"] > 0]
    correlation, pairs = rank_correlation(rates)
    values = {"corrupted_correlation": correlation, "corrupted_means": float(pairs)}
    for severity, group in corrupted.groupby("severity"):
        values[f"corrupted_accuracy_{severity}"] = group["accuracy"].mean()
        values[f"corrupted_relative_{severity}"] = group["relative"].mean()
    return pd.DataFrame(
        {name: np.where(rows["headline"], value, np.nan) for name, value in values.items()}, index=rows.index
    )


def corruption_rates(table: pd.DataFrame) -> pd.DataFrame:
    """Accuracy and cost of one network by corruption and severity, clean images first, at severity 0.

    Columns: corruption, severity, source, images, accuracy, low, high (95 % Wilson interval), macs (mean routed),
    relative (macs / those of the same images uncorrupted).
    """
    clean = table.loc[table["severity"] == 0, "macs"].mean()
    rows = []
    for (corruption, severity, source), group in table.groupby(KEYS, sort=False):
        right = int((group["label"] == group["prediction"]).sum())
        low, high = wilson_interval(right, len(group))
        rows.append(
            {
                "corruption": corruption,
                "severity": int(str(severity)),
                "source": source,
                "images": len(group),
                "accuracy": right / len(group),
                "low": low,
                "high": high,
                "macs": group["macs"].mean(),
                "relative": group["macs"].mean() / clean,
            }
        )
    return pd.DataFrame(rows)


def rank_correlation(rates: pd.DataFrame) -> tuple[float, int]:
    """Spearman's rank correlation between error and cost, and the number of pairs: a corruption at a severity each.

    At 1, the more errors corrupted images cause, the more they cost; NaN where all cost the same, or all are answered
    equally well, or there are fewer than three pairs. Clean images are left out.

    Args:
        rates: with the columns severity, accuracy and relative.
    """
    corrupted = rates[rates["severity"] > 0]
    if len(corrupted) < 3 or corrupted["relative"].nunique() < 2 or corrupted["accuracy"].nunique() < 2:
        return float("nan"), len(corrupted)
    found = spearmanr(1 - corrupted["accuracy"], corrupted["relative"])
    return float(found.statistic), len(corrupted)
