"""How long a run still takes: from what its jobs took so far, and from how many of them run side by side."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.running.events import WAITING, WORDS, Event, Progress

TRAINING, STARTING = "train", "start"
OVERDUE = 0.1
"""What takes longer than expected is expected to take this part of its time so far again."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a job has to do.

    Attributes:
        job: its name.
        alone: whether it needs the machine alone.
        effort: of training for an epoch, in any unit that is the same for all jobs.
        epochs: to train; 0 if the network is trained.
        size: of the network, in any unit that is the same for all jobs; seconds of tables are in proportion to it.
        steps: what comes after training, in order, with the seconds that it is thought to take; None if nobody knows.
    """

    job: str
    alone: bool
    effort: float
    epochs: int
    size: float
    steps: Mapping[str, float | None]


@dataclass
class _Job:
    """A job as far as it is known: the step that it is at since some second, and what is behind it."""

    work: Work
    running: bool = False
    ended: bool = False
    step: str = ""
    since: float = 0.0
    epochs: int = 0
    seconds: list[float] = field(default_factory=list)
    behind: set[str] = field(default_factory=set)

    @property
    def trains(self) -> bool:
        """Whether training is not over."""
        return self.work.epochs > 0 and TRAINING not in self.behind


class TimeLeft:
    """Follows the events of a run.

    Args:
        work: of every job, in the order in which they start.
        side_by_side: jobs that may share the machine at once, as far as that is known; more are believed when seen.
        clock: of seconds.
    """

    def __init__(
        self, work: Sequence[Work], side_by_side: int = 1, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._jobs = {one.job: _Job(one) for one in work}
        self._side_by_side = side_by_side
        self._seen: dict[tuple[str, bool], tuple[float, float]] = {}  # seconds and weights, by step and `alone`
        self._lock = threading.Lock()  # the terminal is drawn by a thread of its own

    def __call__(self, event: Event) -> None:
        """Learn from an event."""
        job = self._jobs.get(event.job)
        if job is None:
            return
        with self._lock:
            now = self._clock()
            if event.kind == "progress" and event.progress is not None:
                self._follow(job, event.progress, now)
                return
            self._leave_step(job, now)
            job.running, job.ended = event.kind == "started", event.kind in ("done", "failed")
            job.step, job.since = STARTING if job.running else "", now
            together = sum(one.running and not one.work.alone for one in self._jobs.values())
            self._side_by_side = max(self._side_by_side, together)

    def _follow(self, job: _Job, progress: Progress, now: float) -> None:
        if progress.epoch:
            took = float(progress.epoch["seconds"])
            if job.step != TRAINING:
                self._leave_step(job, max(job.since, now - took))
            job.epochs = int(progress.epoch["epoch"])
            job.seconds.append(took)
            self._learn(TRAINING, job, took, job.work.effort)
            job.step, job.since = TRAINING, now
        elif progress.step in job.work.steps and progress.step != job.step:
            self._leave_step(job, now)
            if job.work.epochs:
                job.behind.add(TRAINING)
            job.step, job.since = progress.step, now
        elif WORDS.get(progress.step) == WAITING:  # nobody knows for how long, which says nothing of its work
            job.step = ""

    def _leave_step(self, job: _Job, now: float) -> None:
        """The step that a job was at is over; a training is learnt from epoch by epoch."""
        if job.step and job.step != TRAINING and job.running:
            self._learn(job.step, job, now - job.since, self._weight(job.step, job.work))
            job.behind.add(job.step)
        job.step = ""

    def _learn(self, step: str, job: _Job, seconds: float, weight: float) -> None:
        known, weights = self._seen.get((step, job.work.alone), (0.0, 0.0))
        self._seen[step, job.work.alone] = (known + seconds, weights + weight)

    @staticmethod
    def _weight(step: str, work: Work) -> float:
        """What seconds are in proportion to: the size, but for timing, which has its budget."""
        return 1.0 if work.alone or step == STARTING else work.size

    def _expected(self, step: str, work: Work, weight: float) -> float | None:
        """Seconds by what was seen, and by what was thought as if it had been seen once; None if there is neither."""
        seconds, weights = self._seen.get((step, work.alone), (0.0, 0.0))
        thought = work.steps.get(step)
        if thought:
            seconds, weights = seconds + thought, weights + weight
        return seconds / weights * weight if weights else thought

    def seconds(self) -> tuple[float, bool] | None:
        """Seconds left, and whether all that is left is known; None before anything is."""
        with self._lock:
            return self._seconds(self._clock())

    def _seconds(self, now: float) -> tuple[float, bool] | None:
        parts = {name: self._left(job, now) for name, job in self._jobs.items() if not job.ended}
        if any(left is None for left, _ in parts.values()):
            return None
        shared = [self._jobs[name] for name in parts if not self._jobs[name].work.alone]
        shared.sort(key=lambda job: not job.running)
        free = [0.0] * self._side_by_side
        for job in shared:
            heapq.heappush(free, heapq.heappop(free) + (parts[job.work.job][0] or 0.0))
        timing = sum(left or 0.0 for name, (left, _) in parts.items() if self._jobs[name].work.alone)
        total, known = max(free) + timing, all(known for _, known in parts.values())
        return (total, known) if total > 0 else None

    def _left(self, job: _Job, now: float) -> tuple[float | None, bool]:
        """Seconds that a job still takes, None if its training's pace is unknown; and whether they are all of them."""
        left, known = 0.0, True
        if job.trains:
            epoch = self._epoch(job)
            if epoch is None:
                return None, False
            left += self._rest((job.work.epochs - job.epochs) * epoch, job, now, TRAINING)
        for step in (STARTING, *job.work.steps):
            if step in job.behind or (step == STARTING and job.running):
                continue
            expected = self._expected(step, job.work, self._weight(step, job.work))
            if expected is not None:
                left += self._rest(expected, job, now, step)
            elif step != STARTING:
                known = False
        return left, known

    def _epoch(self, job: _Job) -> float | None:
        """Seconds of an epoch: the mean of its own, or what others' say."""
        if job.seconds:
            return sum(job.seconds) / len(job.seconds)
        return self._expected(TRAINING, job.work, job.work.effort)

    @staticmethod
    def _rest(expected: float, job: _Job, now: float, step: str) -> float:
        """What is left of the expected seconds of a step that a job may be at."""
        at_it = job.step == step or (step == TRAINING and job.step == STARTING)
        elapsed = now - job.since if at_it and job.running else 0.0
        return max(expected - elapsed, OVERDUE * elapsed)

    def text(self) -> str:
        """`about 7 min left`, `at least 7 min left` where not all is known, or nothing before anything is."""
        found = self.seconds()
        if found is None:
            return ""
        seconds, known = found
        if seconds < 10 and known:
            return "less than 10 s left"
        return f"{'about' if known else 'at least'} {roughly(seconds)} left"


def roughly(seconds: float) -> str:
    """A duration as exactly as an estimate deserves: `40 s`, `7 min`, `2 h 10 min`, `3 days`."""
    if seconds < 95:
        return f"{max(10, round(seconds / 10) * 10)} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    tens = round(seconds / 600)
    if tens < 6 * 36:
        hours, rest = divmod(tens, 6)
        return f"{hours} h {10 * rest} min" if rest else f"{hours} h"
    return f"{round(seconds / 86400)} days"
