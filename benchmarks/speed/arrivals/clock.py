"""The time that a server lives in: the machine's, the process's, or one that only moves when it is told to."""

from __future__ import annotations

import time
from typing import Protocol

SPIN = 0.001
"""Seconds before the end of a wait in which the clock is read over and over: sleep may end that much too late."""


class Clock(Protocol):
    """Tells the time in seconds, and waits."""

    def now(self) -> float:
        """Seconds since some fixed moment."""

    def wait_until(self, moment: float) -> None:
        """Return at that time, or at once where it has passed."""


class RealClock:
    """The machine's wall clock, which also knows how long others kept this process from running."""

    def __init__(self) -> None:
        self._start, self._start_processor = time.perf_counter(), time.process_time()
        self._waited = self._waited_processor = self._late = 0.0

    def now(self) -> float:
        """Seconds since some fixed moment."""
        return time.perf_counter()

    def wait_until(self, moment: float) -> None:
        """Sleep, and watch the clock at the end."""
        before, processor = time.perf_counter(), time.process_time()
        while (left := moment - time.perf_counter()) > 0:
            if left > SPIN:
                time.sleep(left - SPIN)
        after = time.perf_counter()
        self._waited += after - before
        self._waited_processor += time.process_time() - processor
        self._late += max(0.0, after - max(moment, before))

    @property
    def stolen(self) -> float:
        """Share of the time since the start in which this process wanted to run and did not."""
        passed, processor = time.perf_counter() - self._start, time.process_time() - self._start_processor
        running = passed - self._waited
        return (max(0.0, running - (processor - self._waited_processor)) + self._late) / passed


class ProcessorClock:
    """CPU time of the process, in which waiting takes no time: what the wall clock would be if nothing else ran.

    Other work on the machine disturbs it least, and it does not make anybody wait for arrivals.
    """

    def __init__(self) -> None:
        self._skipped = 0.0

    def now(self) -> float:
        """Seconds since some fixed moment."""
        return time.process_time() + self._skipped

    def wait_until(self, moment: float) -> None:
        """Skip the time until then."""
        self._skipped += max(0.0, moment - self.now())


class SimulatedClock:
    """Starts at 0; waiting takes no time."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        """Seconds since the start."""
        return self._now

    def wait_until(self, moment: float) -> None:
        """Be at that time, or stay where it has passed."""
        self._now = max(self._now, moment)
