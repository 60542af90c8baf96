"""What goes on inside networks, from records."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import f_oneway, norm

from tests.benchmarks.reporting.numbers.exiting import contrasts
from tests.benchmarks.reporting.numbers.records import Floats, Network, right, wilson
from tests.benchmarks.reporting.numbers.saying import Ends

Z = float(norm.ppf(0.975))
CERTAIN = 0.05
"""For all layers of a network together."""
GRID = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]
"""Where outer taps start."""


def kinds(network: Network) -> set[str]:
    """What is known of its inside."""
    if not network.has("inside"):
        return set()
    return {str(kind) for kind in network.table("inside")["what"].dropna()}


@cache
def wide(network: Network, what: str, column: str = "value") -> pd.DataFrame:
    """A row per image, a column per layer."""
    rows = network.at("inside", what=what)
    return rows.pivot(index="index", columns="layer", values=column).sort_index()[list(rows["layer"].unique())]


@cache
def labels(network: Network, what: str) -> pd.Series[int]:
    """Of the images."""
    return network.at("inside", what=what).drop_duplicates("index").set_index("index")["label"].sort_index().astype(int)


def mean_ends(values: Floats) -> Ends:
    """A mean over images and its 95 % interval."""
    half = Z * float(np.std(values, ddof=1)) / np.sqrt(len(values))
    return float(np.mean(values)), float(np.mean(values)) - half, float(np.mean(values)) + half


def of_class(network: Network, what: str) -> dict[str, float]:
    """Omega squared of every layer that differs between classes, from the F of its analysis of variance."""
    table, classes = wide(network, what), labels(network, what)
    found = {}
    for layer in table:
        test = f_oneway(*(own for _, own in table[layer].groupby(classes)))
        gained = (classes.nunique() - 1) * (test.statistic - 1)
        if test.pvalue * table.shape[1] < CERTAIN:
            found[str(layer)] = float(gained / (gained + len(table)))
    return found


def positions(network: Network) -> dict[str, NDArray[np.float64]]:
    """Of the outer taps of every layer (8, 2), down and to the right."""
    rows = network.at("inside", what="position")
    several = rows.sort_values("tap", kind="stable").groupby("layer", sort=False)
    return {str(layer): several.get_group(layer)[["y", "x"]].to_numpy() for layer in rows["layer"].unique()}


@cache
def columns(network: Network) -> dict[str, pd.DataFrame]:
    """Answers of each column, of the whole network, and of the ensemble."""
    rows = network.at("inside", what="answer").sort_values("index", kind="stable")
    own = {str(name): group for name, group in rows.groupby("layer")}
    alone = sorted(name for name in own if name.startswith("column"))
    return {name: own[name] for name in (*alone, "whole network", "ensemble")}


@cache
def beside_whole(network: Network) -> tuple[Ends, Ends]:
    """The deepest column's accuracy, and the ensemble's, minus the whole network's."""
    names = list(columns(network))
    chosen = [columns(network)[name] for name in ("whole network", names[-3], "ensemble")]
    deepest, together = contrasts(
        np.stack([right(own).to_numpy() for own in chosen]), np.array([[-1.0, 1, 0], [-1, 0, 1]])
    )
    return deepest, together


@cache
def updates(network: Network) -> dict[int, pd.DataFrame]:
    """Answers by the number of Stage-II updates, all of them first."""
    fewer = network.settings[1:]
    numbers = [len(fewer), *(int(name.removeprefix("x=")) for name in fewer)]
    return {n: network.answers(name) for n, name in zip(numbers, network.settings, strict=True)}


@cache
def beside_all(network: Network) -> dict[int, Ends]:
    """Accuracy with fewer updates minus that with all."""
    others = list(updates(network))[1:]
    values = np.stack([right(own.sort_values("index")).to_numpy() for own in updates(network).values()])
    weights = np.column_stack([-np.ones(len(others)), np.eye(len(others))])
    return dict(zip(others, contrasts(values, weights), strict=True))


def accuracy(rows: pd.DataFrame) -> Ends:
    """In percent, with its interval."""
    value, low, high = wilson(rows)
    return 100 * value, 100 * low, 100 * high
