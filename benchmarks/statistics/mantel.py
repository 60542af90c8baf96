"""Do things that are near each other in one way have to be near in another? Mantel's test (1967, Cancer Research 27).

The distances between K things are not independent of each other, so that their correlation has no p of the usual kind:
the test permutes the things.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

from benchmarks.statistics.moderation import Floats
from benchmarks.statistics.simulation import SEED

SAME = 6
"""Decimals of the largest distance up to which two are told apart: rounding errors are no order."""
PERMUTATIONS = 999
"""Of the things, beside the order that was observed."""


@dataclass(frozen=True)
class Mantel:
    """The rank correlation of two kinds of distances between the same things.

    Attributes:
        correlation: Spearman's.
        p: share of permutations with at least as much, the observed order counted.
        pairs: of things.
    """

    correlation: float
    p: float
    pairs: int


def mantel(one: Floats, other: Floats, *, permutations: int = PERMUTATIONS) -> Mantel | None:
    """Test whether they rise together; equal inputs give equal numbers. None where one kind has no two values.

    Args:
        one: (K, K), symmetric, the diagonal left out.
        other: likewise, of the same things in the same order.
        permutations: beside the observed order.
    """
    a, b = (_standard_ranks(distances) for distances in (one, other))
    if not a.any() or not b.any():
        return None
    generator = np.random.default_rng(SEED)
    orders = [generator.permutation(len(a)) for _ in range(permutations)]
    observed = float((a * b).sum())
    at_least = sum(float((a * b[np.ix_(order, order)]).sum()) >= observed - 1e-12 for order in orders)
    return Mantel(observed, (1 + at_least) / (1 + permutations), len(a) * (len(a) - 1) // 2)


def _standard_ranks(distances: Floats) -> Floats:
    """(K, K), so that the sum of products of two of them is their rank correlation; 0 where all are equal."""
    pairs = distances[np.triu_indices(len(distances), 1)]
    ranks = rankdata(np.round(pairs / (np.abs(pairs).max() or 1.0), SAME)) - (len(pairs) + 1) / 2
    length = np.sqrt(2 * (ranks**2).sum())
    return np.asarray(squareform(ranks / length if length else ranks, checks=False))
