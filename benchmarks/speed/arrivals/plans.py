"""How a network is best served, by simulation with the measured times of its stages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.speed.arrivals.clock import SimulatedClock
from benchmarks.speed.arrivals.highest_rate import highest_rate
from benchmarks.speed.arrivals.outcome import Outcome
from benchmarks.speed.arrivals.policies import AtOnce, Rebatching
from benchmarks.speed.arrivals.queueing import Policy, poisson, serve
from benchmarks.speed.arrivals.simulated import SimulatedServer
from benchmarks.speed.arrivals.stage_times import StageTimes
from benchmarks.speed.table import NotMeasured

LARGEST = (8, 16, 32, 64)
"""Largest batches that are tried."""
REQUESTS = 4000
"""Simulated per rate."""


@dataclass(frozen=True)
class Plan:
    """A way to serve a network.

    Attributes:
        policy: forms the batches.
        largest: most requests in a batch.
        need: see `benchmarks.speed.arrivals.queueing.serve`.
        rate: highest number of requests per second that it is predicted to sustain.
    """

    policy: Policy
    largest: int
    need: float
    rate: float


def at_once(times: StageTimes, leaves: Sequence[int], limit: float) -> Plan:
    """Who stays after an exit goes on at once; with the best largest batch.

    Args:
        times: of the stages.
        leaves: for some requests the stage, from 0, at which each is answered.
        limit: seconds from a request's arrival to its deadline.

    Raises:
        NotMeasured: at no rate are enough requests answered in time.
    """
    return _best(AtOnce, times, leaves, limit)


def rebatched(times: StageTimes, leaves: Sequence[int], limit: float) -> Plan:
    """Who stays after an exit may wait for others; with the best largest batch. Arguments as of `at_once`."""
    reach = [float(np.mean(np.array(leaves) >= stage)) for stage in range(times.stages)]
    return _best(lambda largest: Rebatching(largest, times, reach), times, leaves, limit)


def _best(make: Callable[[int], Policy], times: StageTimes, leaves: Sequence[int], limit: float) -> Plan:
    plans = []
    for largest in LARGEST:
        policy, need = make(largest), times(0, largest)

        def sustains(rate: float, policy: Policy = policy, need: float = need) -> bool:
            return simulate(policy, times, leaves, rate, limit, need).sustained

        try:
            rate = highest_rate(sustains, guess=0.5 * largest / need, precision=0.01)
        except ArithmeticError:  # such a batch takes nearly all the time that there is
            continue
        plans.append(Plan(policy, largest, need, rate))
    if not plans:
        raise NotMeasured(f"no rate is sustained where every answer is due after {limit:.3g} s")
    return max(plans, key=lambda plan: plan.rate)


def simulate(
    policy: Policy, times: StageTimes, leaves: Sequence[int], rate: float, limit: float, need: float = 0.0
) -> Outcome:
    """Serve requests that arrive at a rate and are answered at stages drawn from `leaves`."""
    clock = SimulatedClock()
    drawn = np.random.default_rng(1).choice(np.array(leaves), size=REQUESTS).tolist()
    server = SimulatedServer(clock, times.stages, times)
    return serve(server, policy, clock, drawn, poisson(REQUESTS, seed=0) / rate, limit, need)
