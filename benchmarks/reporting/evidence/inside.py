"""What goes on inside a network, as the evaluator `inside` found it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import f_oneway

from benchmarks.reporting.evidence.evidence import NetworkEvidence
from benchmarks.statistics import LEVEL, AnswerModel, Floats

ALPHA = 1 - LEVEL
"""Probability with which any layer of a network is wrongly said to depend on the class."""

ENSEMBLE = "ensemble"
"""The answer of all columns of a FractalNet together, as the evaluator calls it."""


def found_inside(network: NetworkEvidence, what: str) -> pd.DataFrame | None:
    """Rows of a kind, of the first seed; None where there are none."""
    table = network.first.measurements.get("inside")
    own = None if table is None else table[table["what"] == what]
    return None if own is None or own.empty else own


def by_layer(rows: pd.DataFrame, column: str = "value") -> Floats:
    """Values (N, L) of images in the order of their numbers, and of layers in theirs."""
    layers = dict.fromkeys(rows["layer"])
    ordered = rows.sort_values("index", kind="stable")
    return np.stack([ordered.loc[ordered["layer"] == layer, column].to_numpy(dtype=float) for layer in layers], axis=1)


def labels_of(rows: pd.DataFrame) -> NDArray[np.int_]:
    """Of the same images (N,)."""
    one = rows[rows["layer"] == rows["layer"].iloc[0]].sort_values("index", kind="stable")
    return np.asarray(one["label"], dtype=int)


def depend_on_class(values: Floats, labels: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Whether the mean of each column of (N, L) differs between classes, by Bonferroni's correction over columns.

    F test of a one-way analysis of variance; a column that does not vary does not differ.
    """
    groups = [values[labels == label] for label in np.unique(labels)]
    tested = [
        np.ptp(column) > 0 and float(f_oneway(*(group[:, place] for group in groups)).pvalue) * values.shape[1] < ALPHA
        for place, column in enumerate(values.T)
    ]
    return np.array(tested, dtype=bool)


def right_of(rows: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Which images each answer is right about, by its name."""
    ordered = rows.sort_values("index", kind="stable")
    own = {str(name): group for name, group in ordered.groupby("layer", sort=False)}
    return {name: (own[name]["label"] == own[name]["prediction"]).to_numpy() for name in dict.fromkeys(rows["layer"])}


def differences_from(first: NDArray[np.bool_], others: list[NDArray[np.bool_]]) -> list[tuple[float, float, float]]:
    """Accuracy of others minus that of the first, each (S, N) over seeds and images, with ends that hold together."""
    weights = np.concatenate([-np.ones((len(others), 1)), np.eye(len(others))], axis=1)
    found = AnswerModel([first, *others]).contrasts(weights)
    return list(zip(found.estimate.tolist(), found.low.tolist(), found.high.tolist(), strict=True))
