"""Re-batching at exits pays where runs cost more than images, others wait, and the deadline is far enough."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.speed.arrivals.plans import at_once, rebatched, simulate
from benchmarks.speed.arrivals.policies import AtOnce, Rebatching
from benchmarks.speed.arrivals.queueing import poisson
from benchmarks.speed.arrivals.stage_times import StageTimes
from benchmarks.speed.table import NotMeasured
from tests.benchmarks.speed.arrivals.simulation import served

SIZES = (1, 2, 4, 8, 16, 32, 64)
PER_RUN = StageTimes((1, 8), [[1, 1], [2, 2]])
"""A run costs the same for every size."""
EIGHT, HALF = [0.0] * 8, [0, 1] * 4


def finished(times: StageTimes, limit: float) -> list[float]:
    return list(served(Rebatching(4, times, [1, 0.5]), times, EIGHT, HALF, limit).finished)


def test_two_halves_of_a_batch_are_run_together() -> None:
    assert finished(PER_RUN, limit=100) == [1, 4, 1, 4, 2, 4, 2, 4]
    assert served(AtOnce(4), PER_RUN, EIGHT, HALF).finished.tolist() == [1, 3, 1, 3, 4, 6, 4, 6]


def test_nobody_is_parked_who_would_then_be_late() -> None:
    assert finished(PER_RUN, limit=4.74) == served(AtOnce(4), PER_RUN, EIGHT, HALF, limit=4.74).finished.tolist()
    assert finished(PER_RUN, limit=4.75)[1] == 4


def test_nobody_is_parked_while_nobody_waits_at_the_front() -> None:
    policy = Rebatching(4, PER_RUN, [1, 0.5])
    assert served(policy, PER_RUN, [0, 0], [1, 0], limit=100).finished.tolist() == [3, 1]


def test_a_full_batch_is_not_parked() -> None:
    policy = Rebatching(4, PER_RUN, [1, 1])
    assert served(policy, PER_RUN, EIGHT, [1] * 8, limit=100).finished.tolist() == [3] * 4 + [6] * 4


def test_parking_for_few_does_not_pay_where_many_wait_for_it() -> None:
    times = StageTimes((1, 8), [[10, 10], [1, 1]])
    policy = Rebatching(4, times, [1, 0.5])
    found = served(policy, times, [0.0] * 5, [1, 1, 1, 0, 0], limit=100)
    assert found.finished.tolist() == [11, 11, 11, 10, 21]


def test_re_batching_keeps_the_order_and_answers_everybody() -> None:
    leaves = np.random.default_rng(0).choice([0, 1, 2], p=[0.7, 0.2, 0.1], size=2000).tolist()
    times = StageTimes((1, 64), [[1, 3], [1, 3], [1, 3]])
    policy = Rebatching(16, times, [1, 0.3, 0.1])
    found = served(policy, times, (poisson(2000, seed=0) / 4).tolist(), leaves, limit=1000)
    assert found.answers == leaves
    for stage in range(3):
        ends = found.finished[np.array(leaves) == stage]
        assert (np.diff(ends) >= 0).all()


@pytest.fixture
def cascade() -> StageTimes:
    """Runs cost as much as 16 requests, at both stages."""
    return StageTimes(SIZES, [[16 + size for size in SIZES]] * 2)


def test_a_plan_has_the_largest_batch_that_sustains_most(cascade: StageTimes) -> None:
    plan = at_once(cascade, [0], limit=170)
    assert plan.largest == 64
    assert plan.rate == pytest.approx(64 / 80, rel=0.15)
    assert at_once(cascade, [0], limit=60).largest < 64


def test_re_batching_is_predicted_to_sustain_more_where_few_stay_and_the_deadline_is_far(cascade: StageTimes) -> None:
    leaves = [0] * 9 + [1]
    straight, anew = at_once(cascade, leaves, 400), rebatched(cascade, leaves, 400)
    assert anew.rate > 1.05 * straight.rate
    late = simulate(anew.policy, cascade, leaves, 1.5 * anew.rate, 400, anew.need)
    assert late.goodput == pytest.approx(anew.rate, rel=0.15)


def test_a_prediction_is_the_same_every_time(cascade: StageTimes) -> None:
    assert rebatched(cascade, [0, 0, 1], 300).rate == rebatched(cascade, [0, 0, 1], 300).rate


def test_a_deadline_that_nobody_meets_is_refused(cascade: StageTimes) -> None:
    with pytest.raises(NotMeasured, match="no rate is sustained where every answer is due after 20 s"):
        at_once(cascade, [0], limit=20)
