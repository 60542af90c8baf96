"""A curve through points of cost and accuracy: which points decide it at a cost, and how much each of them counts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from benchmarks.statistics.moderation import Floats

SAME_COST = 1.01
"""Costs that differ by less than this factor are one cost."""


def frontier(costs: Sequence[float], scores: Sequence[float]) -> list[int]:
    """The points that no cheaper one equals or exceeds, in ascending cost.

    Args:
        costs: (K,) above 0.
        scores: (K,), by which points are chosen. They must not be the accuracies that the curve is read from: the best
            of several noisy accuracies is too high.
    """
    order = sorted(range(len(costs)), key=lambda k: (costs[k], -scores[k]))
    found: list[int] = []
    for k in order:
        if not found or scores[k] > scores[found[-1]]:
            found.append(k)
    return found


def weights_at(cost: float, costs: Sequence[float]) -> Floats:
    """How much each point counts at a cost: linear in its logarithm between neighbours, flat beyond the ends.

    Args:
        cost: above 0.
        costs: (K,) of the points, ascending, above 0.

    Returns:
        (K,), at most two of them above 0; their sum is 1.
    """
    found = np.zeros(len(costs))
    above = next((k for k, own in enumerate(costs) if own >= cost), len(costs) - 1)
    if above == 0 or costs[above] <= cost:
        found[above] = 1.0
        return found
    below = above - 1
    share = math.log(cost / costs[below]) / math.log(costs[above] / costs[below])
    found[below], found[above] = 1 - share, share
    return found
