"""A curve through points of cost and accuracy."""

from __future__ import annotations

import pytest

from benchmarks.statistics.interpolation import frontier, weights_at


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
