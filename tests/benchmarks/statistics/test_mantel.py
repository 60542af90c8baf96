"""Mantel's test: by hand, on things that are near in the same way, and on things that are not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform
from scipy.stats import binomtest, spearmanr

from benchmarks.statistics.mantel import mantel

Floats = NDArray[np.float64]


def distances(places: Floats) -> Floats:
    return np.asarray(squareform(pdist(places)))


def matrix(*pairs: float) -> Floats:
    """Of three things: 1-2, 1-3, 2-3."""
    return np.asarray(squareform(np.array(pairs)))


def test_three_things_by_hand() -> None:
    # Ranks 1 2 3 and 1 3 2: 1 - 6 * 2 / (3 * 8) = .5. Of the six orders that permute the second's ranks, those with
    # 1 2 3, and with 1 3 2 and 2 1 3, have at least .5; the observed one counts besides.
    found = mantel(matrix(1.0, 2.0, 3.0), matrix(10.0, 30.0, 20.0), permutations=6000)
    assert found is not None
    assert found.correlation == pytest.approx(0.5)
    assert found.pairs == 3
    assert found.p == pytest.approx(0.5, abs=0.03)


def test_the_correlation_is_scipys_over_pairs() -> None:
    generator = np.random.default_rng(0)
    a, b = (generator.random((8, 3)).round(1) for _ in range(2))
    found = mantel(distances(a), distances(b), permutations=10)
    assert found is not None
    assert found.correlation == pytest.approx(spearmanr(pdist(a).round(6), pdist(b).round(6)).statistic, abs=1e-4)


def test_the_same_distances_are_no_chance() -> None:
    places = np.random.default_rng(1).random((10, 2))
    found = mantel(distances(places), 3 * distances(places))
    assert found is not None
    assert found.correlation == pytest.approx(1)
    assert found.p == 0.001


def test_equal_distances_say_nothing() -> None:
    assert mantel(matrix(1.0, 2.0, 3.0), matrix(1.0, 1.0, 1.0)) is None


def test_things_that_have_nothing_to_do_with_each_other_are_found_alike_in_one_study_of_twenty() -> None:
    generator = np.random.default_rng(2)
    studies = 400
    ps = []
    for _ in range(studies):
        found = mantel(distances(generator.random((8, 2))), distances(generator.random((8, 2))), permutations=99)
        assert found is not None
        ps.append(found.p)
    assert binomtest(int(np.sum(np.array(ps) <= 0.05)), studies, 0.05).pvalue > 0.001
