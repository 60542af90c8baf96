"""Ratios of means and their intervals: worked out by hand, and by simulation of timings like those of a machine."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.measuring.ratios import BLOCKS, Estimate, Turns
from benchmarks.measuring.turns import FIRST_LOOK, NEXT_LOOK

Array = NDArray[np.float64]
Noise = Callable[[np.random.Generator, int], Array]
SLOWER = 1.05
HALF_WIDTH = 0.015
MOST = 4000
"""Turns after which the time is spent."""


def timings(rng: np.random.Generator, turns: int, *, own: float, spikes: float, correlation: float = 0.0) -> Array:
    """Seconds (turns, 2) of the same network twice, as a busy machine gives them.

    Alike in a turn: a random walk (frequency, temperature) and log-normal noise. Of each alone: log-normal noise,
    in which neighbouring turns may be correlated, and now and then an interruption that takes as long as a pass.
    """
    walk = np.cumsum(rng.normal(0, 0.01, turns))
    shared = np.exp(walk + rng.normal(0, 0.1, turns))
    draws = rng.normal(0, own, (turns, 2))
    for turn in range(1, turns if correlation else 0):
        draws[turn] = correlation * draws[turn - 1] + math.sqrt(1 - correlation**2) * draws[turn]
    interrupted = (rng.random((turns, 2)) < spikes) * rng.exponential(1.0, (turns, 2))
    seconds: Array = shared[:, np.newaxis] * (np.exp(draws) + interrupted)
    return seconds


def single_images(rng: np.random.Generator, turns: int) -> Array:
    """As measured at batch 1: ratios of a turn vary by 15 %."""
    return timings(rng, turns, own=0.09, spikes=0.005)


def batches(rng: np.random.Generator, turns: int) -> Array:
    """As measured at batch 32: ratios of a turn vary by 7 %."""
    return timings(rng, turns, own=0.05, spikes=0.001)


def verdict(seconds: Array) -> int:
    """Whether the first contender differs, with turns that end as those of the evaluator do."""
    look = FIRST_LOOK
    while True:
        found = Turns(seconds[:look]).ratio(0, 1)
        if found.half_width <= HALF_WIDTH or look >= len(seconds):
            return found.differs()
        look = int(NEXT_LOOK * look)


def test_a_ratio_is_that_of_means_and_not_of_medians() -> None:
    turns = Turns(np.array([[1.0, 1.0], [1.0, 1.0], [7.0, 1.0]]))
    assert (turns.ratio(0, 1).value, turns.mean(0).value) == (3.0, 3.0)


def test_what_all_share_in_a_turn_is_no_uncertainty_of_the_ratio() -> None:
    load = np.array([1.0, 5.0, 2.0, 9.0])
    turns = Turns(np.stack([2 * load, load], axis=1))
    assert turns.ratio(0, 1).interval() == pytest.approx((2.0, 2.0))
    assert turns.mean(0).half_width > 0.5


def test_the_error_is_that_of_the_mean_of_independent_turns() -> None:
    seconds = np.random.default_rng(0).normal(1.0, 0.1, (BLOCKS, 1))
    exact = seconds.std(ddof=1) / math.sqrt(BLOCKS) / seconds.mean()
    assert Turns(seconds).mean(0).error == pytest.approx(exact, rel=0.05)


def test_an_interval_is_students_on_the_scale_of_logarithms() -> None:
    # the .975 quantile of t with 4 degrees of freedom is 2.776
    low, high = Estimate(2.0, 0.1, 5).interval()
    assert (low, high) == pytest.approx((2 * math.exp(-0.2776), 2 * math.exp(0.2776)), rel=1e-3)
    assert Estimate(2.0, 0.1, 5).half_width == pytest.approx((high - low) / 4)


def test_a_single_turn_has_a_ratio_and_no_interval() -> None:
    found = Turns(np.array([[2.0, 1.0]])).ratio(0, 1)
    assert found.value == 2.0
    assert all(math.isnan(end) for end in (*found.interval(), found.half_width))
    assert found.differs() == 0


def test_a_factor_moves_both_ends() -> None:
    found = Estimate(2.0, 0.1, 9)
    assert found.scaled(0.5).interval() == pytest.approx([end / 2 for end in found.interval()])


@pytest.mark.parametrize(
    ("value", "error", "expected"), [(1.05, 0.002, 1), (0.95, 0.002, -1), (1.05, 0.02, 0), (1.004, 1e-6, 0)]
)
def test_a_difference_is_beyond_chance_and_beyond_half_a_percent(value: float, error: float, expected: int) -> None:
    assert Estimate(value, error, 40).differs() == expected


def test_the_same_times_give_the_same_interval() -> None:
    seconds = batches(np.random.default_rng(0), 50)
    assert Turns(seconds).ratio(0, 1) == Turns(seconds.copy()).ratio(0, 1)


@pytest.mark.parametrize("turns", [5, 20, 64, 150, 1000])
def test_the_interval_covers_the_ratio_in_95_of_100_measurements(turns: int) -> None:
    rng = np.random.default_rng(turns)
    ends = np.array([Turns(single_images(rng, turns)).ratio(0, 1).interval() for _ in range(1000)])
    assert 0.93 <= ((ends[:, 0] <= 1) & (ends[:, 1] >= 1)).mean() <= 0.98


def test_blocks_keep_the_interval_honest_where_neighbouring_turns_are_alike() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(300):
        seconds = timings(rng, 800, own=0.05, spikes=0.001, correlation=0.5)
        low, high = Turns(seconds).ratio(0, 1).interval()
        covered += low <= 1 <= high
    assert covered / 300 >= 0.9  # as independent turns: about 0.75


@pytest.mark.parametrize("noise", [single_images, batches])
def test_the_same_network_twice_is_called_different_at_most_once_in_a_hundred_times(noise: Noise) -> None:
    rng = np.random.default_rng(1)
    found = [verdict(noise(rng, MOST)) for _ in range(1000)]
    assert np.count_nonzero(found) <= 10


@pytest.mark.parametrize("noise", [single_images, batches])
@pytest.mark.parametrize("direction", [1, -1])
def test_five_percent_are_found_95_times_in_a_hundred(noise: Noise, direction: int) -> None:
    rng = np.random.default_rng(2)
    planted = np.array([SLOWER, 1.0])[::direction]
    found = [verdict(noise(rng, MOST) * planted) for _ in range(300)]
    assert found.count(direction) >= 0.95 * 300
    assert -direction not in found


@pytest.mark.parametrize("turns", [5, 8, 16, 30])
def test_few_turns_call_no_difference_either(turns: int) -> None:
    rng = np.random.default_rng(3)
    found = [Turns(batches(rng, turns)).ratio(0, 1).differs() for _ in range(1000)]
    assert np.count_nonzero(found) <= 10
