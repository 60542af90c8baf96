"""Variances over few seeds, moderated by those of other networks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import polygamma

from benchmarks.statistics.moderation import UNKNOWN, inverse_trigamma, moderate


def test_the_inverse_of_trigamma() -> None:
    x = np.array([0.01, 0.5, 1.0, 7.5, 1e4])
    assert inverse_trigamma(polygamma(1, x)) == pytest.approx(x)


def test_variances_that_differ_no_more_than_by_chance_are_pooled() -> None:
    found = moderate(np.array([1.0, 2.0, 3.0]), np.array([2, 2, 2]))
    assert found.variance == pytest.approx([2, 2, 2])
    assert found.df == pytest.approx([6, 6, 6])


def test_a_common_variance_is_found_with_its_degrees_of_freedom() -> None:
    generator = np.random.default_rng(0)
    true = 3.0 * 8 / generator.chisquare(8, 4_000)
    found = moderate(true * generator.chisquare(2, 4_000) / 2, np.full(4_000, 2))
    assert found.prior == pytest.approx(3.0, rel=0.1)
    assert found.prior_df == pytest.approx(8, rel=0.2)
    assert found.df == pytest.approx(10, rel=0.2)


def test_several_studies_are_moderated_each_for_itself() -> None:
    generator = np.random.default_rng(1)
    variances, df = generator.chisquare(1, (5, 6)) * np.geomspace(1e-4, 1, 6), np.array([1, 1, 2, 2, 4, 0])
    together = moderate(variances, df)
    for row, variance in enumerate(variances):
        alone = moderate(variance, df)
        assert together.variance[row] == pytest.approx(alone.variance)
        assert together.df[row] == pytest.approx(alone.df)


def test_a_network_of_one_seed_gets_the_common_variance() -> None:
    found = moderate(np.array([1.0, 3.0, 99.0]), np.array([1, 1, 0]))
    assert found.variance == pytest.approx([2, 2, 2])


def test_a_single_network_of_several_seeds_keeps_its_variance_and_lends_it_to_nobody() -> None:
    found = moderate(np.array([0.3, 1.0]), np.array([2, 0]))
    assert found.variance == pytest.approx([0.3, UNKNOWN])
    assert found.df[0] == 2
