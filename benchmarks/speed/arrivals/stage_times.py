"""How long the stages of a server take, by the number of requests in the batch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed.arrivals.queueing import Server


class StageTimes:
    """Seconds of every stage at every size of batch, linear between those that are given, and from 0 at size 0.

    A time is never below that of a smaller batch: where one was measured, it was disturbed.
    """

    def __init__(self, sizes: Sequence[int], seconds: Sequence[Sequence[float]]) -> None:
        """Take a row of seconds per stage, a column per size.

        Args:
            sizes: S numbers of requests, ascending, from 1.
            seconds: (E, S).
        """
        self._sizes = np.array([0, *sizes], dtype=np.float64)
        self._seconds: NDArray[np.float64] = np.maximum.accumulate(np.insert(np.array(seconds), 0, 0.0, axis=1), axis=1)

    @property
    def stages(self) -> int:
        """E."""
        return len(self._seconds)

    def __call__(self, stage: int, requests: float) -> float:
        """Seconds of a stage for so many requests, which may be a mean and so a fraction; at most the largest size."""
        return float(np.interp(requests, self._sizes, self._seconds[stage]))


def measure_times(
    server: Server,
    requests: Sequence[Sequence[Any]],
    sizes: Sequence[int],
    seconds: float,
    clock: Callable[[], float] = time.process_time,
) -> StageTimes:
    """Time every stage at every size, in turns: lower quartiles, since other work on the machine only adds time.

    Args:
        server: to time.
        requests: for every stage at least as many as the largest size, what the stage takes of each.
        sizes: of batches, ascending, from 1.
        seconds: for all of it; each is timed at least three times.
        clock: seconds; by default CPU time of the process.
    """
    cases = [(stage, size) for stage in range(server.stages) for size in sizes]
    times: dict[tuple[int, int], list[float]] = {case: [] for case in cases}
    for stage, size in cases:
        server.run(stage, requests[stage][:size])
    end, turn = clock() + seconds, 0
    while turn < 3 or clock() < end:
        for stage, size in cases:
            first = turn * size % (len(requests[stage]) - size + 1)
            batch = requests[stage][first : first + size]
            before = clock()
            server.run(stage, batch)
            times[stage, size].append(clock() - before)
        turn += 1
    return StageTimes(
        sizes, [[float(np.quantile(times[stage, size], 0.25)) for size in sizes] for stage in range(server.stages)]
    )
