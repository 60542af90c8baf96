"""Where the time of a run goes, second by second: what its jobs were doing, and when no job ran."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from benchmarks.running.events import OTHER, TRAINING, WORDS, Event
from benchmarks.running.progress import format_duration


class Spent:
    """Shares out the time since it was made; seconds in which several jobs run count in equal parts for each.

    Seconds in which no job runs, or before a job has said what it does, are `other`: planning, the start of Ray and of
    its workers, reading data.

    Args:
        evaluators: their names. What else a job says, such as lines about damaged files, does not end its step.
        clock: of seconds.
    """

    def __init__(self, evaluators: Collection[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._words = {**{name: name for name in evaluators}, **WORDS}
        self._clock = clock
        self._before = clock()
        self._steps: dict[str, str] = {}
        self._starting: dict[str, tuple[float, float]] = {}  # when a job started, and its part of the time since then
        self.seconds: dict[str, float] = {OTHER: 0.0}

    def __call__(self, event: Event) -> None:
        """What a job does from now on."""
        self.advance()
        if event.kind == "progress" and event.progress is not None:
            step = self._words.get(event.progress.step)
            if step is not None:
                self._settle(event.job, event.progress.epoch.get("seconds", 0.0))
                self._steps[event.job] = step
            return
        self._settle(event.job, 0.0)
        self._steps.pop(event.job, None)
        if event.kind == "started":
            self._starting[event.job] = (self._before, 0.0)

    def _settle(self, job: str, training: float) -> None:
        """Call the time in which a job had not said what it does `other`, except the seconds of an epoch that ended."""
        started, part = self._starting.pop(job, (self._before, 0.0))
        elapsed = self._before - started
        trained = part * min(1.0, training / elapsed) if elapsed else 0.0
        self._add(TRAINING, trained)
        self._add(OTHER, part - trained)

    def _add(self, step: str, seconds: float) -> None:
        if seconds:
            self.seconds[step] = self.seconds.get(step, 0.0) + seconds

    def advance(self) -> None:
        """Share out the time since the last event."""
        now = self._clock()
        jobs = len(self._steps) + len(self._starting)
        part = (now - self._before) / (jobs or 1)
        self._before = now
        if not jobs:
            self._add(OTHER, part)
        for step in self._steps.values():
            self._add(step, part)
        for job, (started, before) in self._starting.items():
            self._starting[job] = (started, before + part)

    def line(self) -> str:
        """All of it in a line, the longest step first: `5:33: training 2:10, robustness 1:20, other 0:12`."""
        self.advance()
        for job in list(self._starting):
            self._settle(job, 0.0)
        steps = sorted(self.seconds.keys() - {OTHER}, key=lambda step: -self.seconds[step])
        parts = [f"{step} {format_duration(self.seconds[step])}" for step in [*steps, OTHER]]
        return f"{format_duration(sum(self.seconds.values()))}: {', '.join(parts)}"
