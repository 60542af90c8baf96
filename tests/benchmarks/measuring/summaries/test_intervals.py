"""Confidence intervals, against their equation and figures worked out by hand."""

from __future__ import annotations

import math

import pytest

from benchmarks.measuring.summaries.intervals import wilson_interval


@pytest.mark.parametrize(("successes", "trials"), [(3, 4), (0, 10), (10, 10), (81, 263)])
def test_wilsons_interval_solves_its_equation(successes: int, trials: int) -> None:
    # both ends p satisfy |share - p| = z sqrt(p (1 - p) / n) with z = 1.959964 (Wilson 1927)
    share = successes / trials
    for end in wilson_interval(successes, trials):
        assert abs(share - end) == pytest.approx(1.959964 * math.sqrt(end * (1 - end) / trials), abs=1e-6)


def test_wilsons_interval_of_3_in_4_is_30_to_95_percent() -> None:
    # centre (3/4 + z²/8) / (1 + z²/4), half-width z sqrt(3/64 + z²/64) / (1 + z²/4), with z² = 3.8415
    assert wilson_interval(3, 4) == pytest.approx((0.3006, 0.9544), abs=5e-5)
