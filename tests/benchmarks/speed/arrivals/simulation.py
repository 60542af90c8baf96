"""Queues on a simulated clock, for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.speed.arrivals.clock import SimulatedClock
from benchmarks.speed.arrivals.outcome import Outcome
from benchmarks.speed.arrivals.queueing import Policy, serve
from benchmarks.speed.arrivals.simulated import SimulatedServer


def served(
    policy: Policy,
    times: Callable[[int, int], float],
    arrivals: Sequence[float],
    leaves: Sequence[int] | None = None,
    limit: float = np.inf,
    need: float = 0.0,
) -> Outcome:
    """What comes of requests that leave at those stages, by default the first, on a server with those times."""
    leaves = leaves or [0] * len(arrivals)
    clock = SimulatedClock()
    server = SimulatedServer(clock, max(leaves) + 1, times)
    return serve(server, policy, clock, leaves, np.array(arrivals, dtype=np.float64), limit, need)
