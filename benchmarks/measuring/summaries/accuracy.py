"""Accuracy and calibration of every setting."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.measuring.summaries import summary_columns
from benchmarks.measuring.summaries.intervals import wilson_interval

CALIBRATION_BINS = 15
"""Equal bins of confidence."""


@summary_columns("accuracy")
def accuracy_columns(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Columns: samples, accuracy, accuracy_low, accuracy_high (95 % Wilson interval), top5, nll, calibration_error."""
    found = []
    for setting, group in table.groupby("setting", sort=False):
        correct = group["label"] == group["prediction"]
        low, high = wilson_interval(int(correct.sum()), len(group))
        found.append(
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
    return pd.DataFrame(found).set_index("setting")


def calibration_error(confidence: pd.Series, correct: pd.Series) -> float:
    """Expected calibration error with 15 equal bins (Guo et al. 2017): mean |confidence - accuracy| over bins."""
    values, right = confidence.to_numpy(dtype=np.float64), correct.to_numpy(dtype=np.float64)
    sums = np.bincount(calibration_bins(confidence), weights=values - right, minlength=CALIBRATION_BINS)
    return float(np.abs(sums).sum() / len(values))


def calibration_bins(confidence: pd.Series) -> NDArray[np.int_]:
    """The bin of each confidence (N,), from 0; one on an edge is in the bin below (Guo et al. 2017), 0 in the first."""
    edges = np.ceil(confidence.to_numpy(dtype=np.float64) * CALIBRATION_BINS).astype(int)
    places: NDArray[np.int_] = np.clip(edges, 1, CALIBRATION_BINS) - 1
    return places
