"""Queues worked out by hand, by theory, and what holds of every queue."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.speed.arrivals.clock import ProcessorClock, RealClock, SimulatedClock
from benchmarks.speed.arrivals.policies import AtOnce
from benchmarks.speed.arrivals.queueing import poisson
from tests.benchmarks.speed.arrivals.simulation import served


def one_more(stage: int, size: int) -> float:
    return 1.0 + size


def test_who_waits_is_taken_together_and_latency_counts_from_the_arrival() -> None:
    found = served(AtOnce(2), one_more, [0, 1, 1, 5])
    assert found.finished.tolist() == [2, 5, 5, 7]
    assert found.latencies.tolist() == [2, 4, 4, 2]


def test_a_batch_is_not_larger_than_the_largest() -> None:
    assert served(AtOnce(2), one_more, [0, 0, 0]).finished.tolist() == [3, 3, 5]


def test_late_answers_are_not_goodput() -> None:
    found = served(AtOnce(2), one_more, [0, 1, 1, 5], limit=3.5)
    assert found.in_time.tolist() == [True, False, False, True]
    assert (found.offered, found.goodput) == (4 / 5, 2 / 5)
    assert not found.sustained


def test_who_is_too_late_already_is_dropped() -> None:
    found = served(AtOnce(1), one_more, [0, 0, 0], limit=3)
    assert found.finished.tolist() == [2, 4, math.inf]
    assert found.answers == [0, 0, None]


def test_who_cannot_be_in_time_is_dropped_before_the_server_works_for_nothing() -> None:
    found = served(AtOnce(1), one_more, [0, 0, 1.5], limit=3, need=2)
    assert found.finished.tolist() == [2, math.inf, 4]


def test_an_incomplete_batch_waits_as_long_as_the_first_has_patience() -> None:
    assert served(AtOnce(3, patience=2), one_more, [0, 1, 5]).finished.tolist() == [5, 5, 9]
    assert served(AtOnce(2, patience=2), one_more, [0, 0.5]).finished.tolist() == [3.5, 3.5]


def test_who_stays_after_an_exit_goes_on_at_once() -> None:
    found = served(AtOnce(2), lambda stage, size: 1.0 + stage, [0, 0, 0.5], leaves=[0, 1, 0])
    assert found.finished.tolist() == [1, 3, 4]


@pytest.mark.parametrize(("load", "tolerance"), [(0.5, 0.05), (0.8, 0.1)])
def test_the_mean_wait_of_one_at_a_time_is_that_of_pollaczek_and_khinchine(load: float, tolerance: float) -> None:
    found = served(AtOnce(1), lambda stage, size: 1.0, (poisson(100_000, seed=0) / load).tolist())
    assert np.mean(found.latencies - 1) == pytest.approx(load / (2 * (1 - load)), rel=tolerance)


def test_the_server_is_never_idle_while_somebody_waits() -> None:
    arrivals = poisson(500, seed=1) / 0.9
    expected, free = [], 0.0
    for arrival in arrivals:
        free = max(arrival, free) + 1.0
        expected.append(free)
    found = served(AtOnce(1), lambda stage, size: 1.0, arrivals.tolist())
    np.testing.assert_allclose(found.finished, expected)


@pytest.mark.parametrize("rate", [0.3, 1.0, 3.0])
def test_nobody_is_answered_before_a_batch_can_be_nor_before_who_came_first(rate: float) -> None:
    found = served(AtOnce(4), one_more, (poisson(2000, seed=2) / rate).tolist(), limit=8, need=5)
    answered = found.finished[np.isfinite(found.finished)]
    assert (found.latencies >= 2 - 1e-9).all()
    assert (np.diff(answered) >= 0).all()
    assert found.goodput <= found.offered
    assert found.goodput <= 4 / 5 + 0.01


def test_arrivals_are_a_poisson_process_and_the_same_for_a_seed() -> None:
    gaps = np.diff(poisson(20_000, seed=3))
    assert gaps.mean() == pytest.approx(1, rel=0.03)
    assert gaps.std() == pytest.approx(1, rel=0.03)
    assert (gaps > 1).mean() == pytest.approx(math.exp(-1), abs=0.015)
    np.testing.assert_array_equal(poisson(10, seed=3), poisson(10, seed=3))


def test_a_percentile_of_all_requests_is_infinite_where_they_are_dropped() -> None:
    found = served(AtOnce(1), one_more, [0, 0, 0, 100], limit=3)
    assert [found.percentile(percent) for percent in (25, 50, 75, 99)] == [2, 2, 4, math.inf]


def test_waiting_ends_at_the_moment_on_every_clock() -> None:
    for clock in (RealClock(), ProcessorClock(), SimulatedClock()):
        before = clock.now()
        clock.wait_until(before + 0.003)
        assert clock.now() >= before + 0.003
        clock.wait_until(before)
        assert clock.now() >= before + 0.003


def test_the_time_of_the_process_does_not_wait() -> None:
    clock = ProcessorClock()
    before = clock.now()
    clock.wait_until(before + 1000)
    assert 1000 <= clock.now() - before < 1010
