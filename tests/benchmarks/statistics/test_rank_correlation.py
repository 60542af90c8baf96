"""Rank correlations and their intervals: by hand, against SciPy, and in studies whose truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest, spearmanr

from benchmarks.statistics.rank_correlation import rank_correlation, rank_correlations

Floats = NDArray[np.float64]
IMAGES = 200


def test_correlations_are_those_of_scipy_ties_included() -> None:
    generator = np.random.default_rng(1)
    quantities = generator.standard_normal((3, IMAGES))
    quantities[1] = np.round(quantities[1] + quantities[0])  # some values
    quantities[2] = quantities[2] > 1  # two
    pairs = [(0, 1), (0, 2), (1, 2)]
    found = rank_correlations(quantities, pairs, draws=50)
    expected = [spearmanr(quantities[a], quantities[b]).statistic for a, b in pairs]
    np.testing.assert_allclose(found.estimate, expected, atol=1e-9)
    assert found.images == IMAGES


@pytest.mark.parametrize(
    ("values", "correlation", "p"),
    [
        ([1.45, 1.47, 1.56, 1.9], 1.0, 2 / 24),  # one of 24 orders, and its reverse
        ([4.0, 3, 1, 2], -0.8, 8 / 24),  # 1 has one order, .8 three: each two neighbours exchanged; and as many below 0
        ([1.0, 2, 3, 4, 6, 5], 1 - 6 * 2 / (6 * 35), 2 * 6 / 720),  # 1, and five times two neighbours exchanged
    ],
)
def test_a_few_things_have_an_exact_p(values: list[float], correlation: float, p: float) -> None:
    assert rank_correlation(range(len(values)), values) == pytest.approx((correlation, p))


def test_many_things_have_the_p_of_students_distribution() -> None:
    generator = np.random.default_rng(3)
    x = generator.standard_normal(60)
    y = 0.4 * x + generator.standard_normal(60)
    expected = spearmanr(x, y)
    found = rank_correlation(x, y)
    assert found[0] == pytest.approx(expected.statistic)
    assert found[1] == pytest.approx(expected.pvalue, abs=0.005)
    assert 0.001 < found[1] < 0.2


def test_equal_values_have_no_rank_correlation() -> None:
    with pytest.raises(ValueError, match="two values each"):
        rank_correlation([1, 2, 3], [5, 5, 5])


def test_a_correlation_of_four_images_by_hand() -> None:
    # Ranks 1 2 3 4 and 1 3 2 4: squared differences sum to 2, 1 - 6 * 2 / (4 * 15) = .8
    found = rank_correlations(np.array([[1.0, 2, 3, 4], [10.0, 30, 20, 90]]), [(0, 1)], draws=50)
    assert found.estimate == pytest.approx([0.8])


def test_what_follows_a_quantity_alone_is_perfectly_correlated_with_it_and_leaves_nothing_to_chance() -> None:
    brightness = np.random.default_rng(2).random(IMAGES)
    found = rank_correlations(np.stack([brightness, np.exp(brightness), -brightness]), [(0, 1), (0, 2)])
    for ends in (found.estimate, found.low, found.high):
        np.testing.assert_allclose(ends, [1, -1], atol=1e-6)
    assert found.differs.tolist() == [True, True]


def test_a_wider_family_has_wider_intervals() -> None:
    quantities = np.random.default_rng(3).standard_normal((6, IMAGES))
    alone = rank_correlations(quantities, [(0, 1)])
    together = rank_correlations(quantities, [(0, place) for place in range(1, 6)])
    assert together.low[0] < alone.low[0] < alone.high[0] < together.high[0]


def test_a_value_that_a_draw_may_miss_is_no_error() -> None:
    once = np.zeros(IMAGES)
    once[0] = 1.0
    found = rank_correlations(np.stack([once, np.random.default_rng(4).random(IMAGES)]), [(0, 1)])
    assert np.isfinite([*found.low, *found.high]).all()


def test_a_quantity_without_two_values_is_refused() -> None:
    with pytest.raises(ValueError, match=r"quantities \[1\] are the same for all images"):
        rank_correlations(np.stack([np.arange(4.0), np.ones(4)]), [(0, 1)])


CORRELATED = 0.6
"""Of two normal quantities; their rank correlation is 6 / pi * asin(.6 / 2) = .582 (Pearson 1907)."""


def drawn(generator: np.random.Generator) -> Floats:
    """Brightness, a cost that follows it, one of two exits drawn by chance, and another property."""
    brightness, other, noise = generator.standard_normal((3, IMAGES))
    follows = CORRELATED * brightness + math.sqrt(1 - CORRELATED**2) * noise
    return np.stack([brightness, follows, generator.random(IMAGES) < 0.2, other])


def test_intervals_cover_what_is_true_of_all_images_in_19_of_20_studies() -> None:
    generator = np.random.default_rng(5)
    pairs = [(1, 0), (1, 3), (2, 0), (2, 3)]
    truth = np.array([6 / math.pi * math.asin(CORRELATED / 2), 0, 0, 0])
    studies, covered, found = 300, 0, 0
    for _ in range(studies):
        own = rank_correlations(drawn(generator), pairs, draws=300)
        covered += bool(((own.low <= truth) & (truth <= own.high)).all())
        found += bool(own.differs[0])
    assert binomtest(covered, studies, 0.95).pvalue > 0.001, covered / studies
    assert found == studies


def test_a_cost_that_depends_on_nothing_is_said_to_follow_nothing_in_19_of_20_studies() -> None:
    """Of two networks, one of few costs, beside five properties."""
    generator = np.random.default_rng(6)
    pairs = [(cost, place) for cost in (0, 1) for place in range(2, 7)]
    studies, nothing = 300, 0
    for _ in range(studies):
        quantities = generator.standard_normal((7, IMAGES))
        quantities[1] = quantities[1] > 1
        nothing += not rank_correlations(quantities, pairs, draws=300).differs.any()
    assert binomtest(nothing, studies, 0.95).pvalue > 0.001, nothing / studies
