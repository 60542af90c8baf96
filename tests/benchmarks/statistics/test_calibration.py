"""Calibration errors by hand, and how often chance alone is taken for an error."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.statistics.calibration import binned_errors, errors_by_chance
from benchmarks.statistics.moderation import Floats

BINS = 15


def binned(confidence: Floats) -> NDArray[np.int_]:
    return np.asarray(np.clip(np.ceil(confidence * BINS).astype(int), 1, BINS) - 1)


def test_an_error_is_the_mean_of_the_gaps_of_bins() -> None:
    # Two answers with .9, one of them right: a gap of .8 in their bin; two with .5, one right: none.
    confidence = np.array([[0.9], [0.9], [0.5], [0.5]])
    found = binned_errors(confidence - np.array([[1.0], [0.0], [0.0], [1.0]]), binned(confidence), BINS)
    assert found == pytest.approx([0.8 / 4])


def test_chance_alone_makes_an_error_that_can_be_worked_out() -> None:
    # One answer of confidence .8: its error is .2 if it is right, four times of five, and .8 if not.
    drawn = errors_by_chance(np.array([[0.8]]), np.array([[11]]), BINS, draws=4000)[:, 0]
    assert set(drawn.round(6)) == {0.2, 0.8}
    assert drawn.mean() == pytest.approx(0.8 * 0.2 + 0.2 * 0.8, abs=0.03)


@pytest.mark.parametrize(("excess", "fewest", "most"), [(0.0, 0, 12), (0.1, 95, 100)])
def test_an_error_beyond_chance_is_found_and_chance_is_not_taken_for_one(excess: float, fewest: int, most: int) -> None:
    """Of 100 classifiers, right less often than they say by `excess`, how many exceed the 95th percentile of chance."""
    generator = np.random.default_rng(5)
    confidence = generator.uniform(0.5, 1, (500, 100))
    right = generator.random((500, 100)) < confidence - excess
    found = binned_errors(confidence - right, binned(confidence), BINS)
    limit = np.quantile(errors_by_chance(confidence, binned(confidence), BINS, draws=300), 0.95, axis=0)
    assert fewest <= int((found > limit).sum()) <= most  # more than 12 of 100 at .05 are rarer than 1 in 500
