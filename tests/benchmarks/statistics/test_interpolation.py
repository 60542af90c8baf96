"""A curve through points of cost and accuracy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from benchmarks.statistics import AnswerModel, frontier, weights_at
from tests.benchmarks.statistics.simulated import study


def test_the_frontier_leaves_out_what_a_cheaper_point_equals() -> None:
    assert frontier([4, 1, 2, 8], [0.9, 0.5, 0.9, 0.95]) == [1, 2, 3]
    assert frontier([1, 1], [0.5, 0.6]) == [1]


@pytest.mark.parametrize(
    ("cost", "weights"),
    [(0.5, [1, 0, 0]), (1, [1, 0, 0]), (2, [0.5, 0.5, 0]), (4, [0, 1, 0]), (8, [0, 2 / 3, 1 / 3]), (99, [0, 0, 1])],
)
def test_between_neighbours_the_logarithm_decides_and_beyond_the_ends_nothing_changes(
    cost: float, weights: list[float]
) -> None:
    assert weights_at(cost, [1, 4, 32]) == pytest.approx(weights)


def test_networks_on_the_curve_are_seldom_told_from_it() -> None:
    """Of studies whose six networks are exactly as good as static ones of their cost, one in twenty says otherwise.

    Accuracy rises by two points per doubling; which static networks are on the curve is drawn by noisy validation.
    """
    generator = np.random.default_rng(1)
    costs = np.array([1.0, 2.0, 3.0, 4.0])
    own = np.array([1.0, 1.4, 1.9, 2.5, 3.3, 4.0])
    studies, false = 200, 0
    for _ in range(studies):
        truth = 0.9 + 0.02 * np.log2(np.concatenate([costs, own]))
        model = AnswerModel(study(generator, truth.tolist(), 3, 1000, over_seeds=0.004), draws=1000)
        validation = truth[:4] + 0.01 * generator.standard_normal(4)
        chosen = frontier(costs.tolist(), validation.tolist())
        weights = np.zeros((len(own), 10))
        for row, cost in enumerate(own):
            weights[row, chosen] -= weights_at(cost, [costs[k] for k in chosen])
            weights[row, 4 + row] = 1
        kept = [row for row, cost in enumerate(own) if cost <= costs[chosen[-1]]]  # beyond the last one it is flat
        false += bool(kept) and bool(model.contrasts(weights[kept]).differs.any())
    assert false <= binom.ppf(0.999, studies, 0.05)
