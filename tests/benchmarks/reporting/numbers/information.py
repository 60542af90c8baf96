"""What routes know: mutual information, what chance makes of it, and variance that classes explain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pandas as pd
from scipy.special import xlogy
from scipy.stats import entropy, f_oneway, hypergeom

from tests.benchmarks.reporting.numbers.records import Floats
from tests.benchmarks.reporting.numbers.saying import Estimate

SHOWN, OWN = 400, 1000
"""Permutations that the page is made with, and those that are drawn here, which are others."""
ORDERS = 5000
"""Of more values than have all their orders looked at."""
ERRORS = 6
"""Standard errors by which two results of chance may differ."""


def bits(labels: pd.Series) -> float:
    """Entropy of how often each label occurs."""
    return float(entropy(labels.value_counts(), base=2))


@dataclass(frozen=True)
class Information:
    """How much one label of images says about another, less what chance makes, in bits; the most that there is; p."""

    bits: Estimate
    most: float
    p: Estimate


def information(one: pd.Series, other: pd.Series) -> Information:
    """Mutual information less its exact mean over permutations; the page has the mean over some of them."""
    joint = pd.crosstab(one, other).to_numpy()
    shares = joint / joint.sum()
    alone = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    found = float(entropy(shares.ravel(), alone.ravel(), base=2))
    chance = _permuted(one, other)
    more = float(np.mean(chance >= found - 1e-9))
    spread = math.sqrt(more * (1 - more) * (1 / SHOWN + 1 / OWN))
    return Information(
        bits=Estimate(found - _expected(joint), ERRORS * float(chance.std()) / math.sqrt(SHOWN)),
        most=bits(other),
        p=Estimate(more, ERRORS * spread + 4 / SHOWN),
    )


def _expected(joint: Floats) -> float:
    """Mean mutual information of all permutations, by the hypergeometric distribution of every cell."""
    total, sums = joint.sum(), [joint.sum(axis=1), joint.sum(axis=0)]
    rows, columns = (own.ravel() for own in np.meshgrid(*sums))
    counts = np.arange(1, np.minimum(rows, columns).max() + 1)[:, None]
    chances = hypergeom.pmf(counts, total, rows, columns)
    return float((chances * counts / total * np.log2(total * counts / (rows * columns))).sum())


def _permuted(one: pd.Series, other: pd.Series) -> Floats:
    """Mutual information after permutations of one of the labels, (OWN,)."""
    generator = np.random.default_rng(len(one))
    codes, others = pd.factorize(one)[0], pd.factorize(other)[0]
    places, size = codes * (others.max() + 1), len(one)
    counts = (np.bincount(places + generator.permutation(others)) for _ in range(OWN))
    together = math.log2(size) - np.array([float(xlogy(own, own).sum()) for own in counts]) / size / math.log(2)
    return bits(one) + bits(other) - together


def explained(used: pd.DataFrame, labels: pd.Series) -> Floats:
    """Omega squared of every unit, from the F of its analysis of variance; 0 where it runs always or never."""
    return np.array([_omega_squared(used[unit].astype(float), labels) for unit in used])


def _omega_squared(values: pd.Series[float], labels: pd.Series) -> float:
    if values.nunique() == 1:
        return 0.0
    f = f_oneway(*(own for _, own in values.groupby(labels))).statistic
    gained = (labels.nunique() - 1) * (f - 1)
    return 1.0 if math.isinf(f) else float(gained / (gained + len(values)))


def rank_correlation(values: Floats, others: Floats | None = None) -> tuple[float, float]:
    """Of values with others, or else with their order (Spearman), and how many of all orders have as much, twice.

    Of more than eight values the share of some orders, known up to chance.
    """
    places = np.arange(len(values)) if others is None else pd.Series(others).rank().to_numpy()
    ranks = pd.Series(values).rank().to_numpy()
    few = len(values) <= 8
    generator = np.random.default_rng(7)
    orders = permutations(ranks) if few else (generator.permutation(ranks) for _ in range(ORDERS))
    found = float(np.corrcoef(places, ranks)[0, 1])
    every = np.array([np.corrcoef(places, order)[0, 1] for order in orders])
    p = min(1.0, 2 * min(float((every >= found - 1e-9).mean()), float((every <= found + 1e-9).mean())))
    return found, p if few else Estimate(p, ERRORS * math.sqrt(max(p, 1 / ORDERS) / ORDERS))
