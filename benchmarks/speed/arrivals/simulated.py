"""A server whose stages take the time that a function says, on a simulated clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.speed.arrivals.clock import SimulatedClock
from benchmarks.speed.arrivals.queueing import Step


class SimulatedServer:
    """A request is the number of the stage, from 0, at which it is answered."""

    def __init__(self, clock: SimulatedClock, stages: int, times: Callable[[int, int], float]) -> None:
        """Run on a clock.

        Args:
            clock: moved by every run.
            stages: how many.
            times: (stage, size of the batch) to seconds.
        """
        self._clock, self._times, self._stages = clock, times, stages

    @property
    def stages(self) -> int:
        """How many there are."""
        return self._stages

    def run(self, stage: int, batch: Sequence[int]) -> list[Step]:
        """Let the time pass."""
        self._clock.wait_until(self._clock.now() + self._times(stage, len(batch)))
        return [Step(answered=leaves == stage, value=leaves) for leaves in batch]
