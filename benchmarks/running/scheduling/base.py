"""The interface of schedulers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from benchmarks.running.jobs import Job, Progress


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something happened to a job.

    Attributes:
        job: its name.
        kind: `started`, `progress`, `retried`, `done` or `failed`.
        progress: with `progress`.
        error: one line, with `retried` and `failed`.
    """

    job: str
    kind: Literal["started", "progress", "retried", "done", "failed"]
    progress: Progress | None = None
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a job ended.

    Attributes:
        job: its name.
        error: one line, empty where it succeeded.
        busy: another run is at work on the same network, so nothing was done.
    """

    job: str
    error: str = ""
    busy: bool = False


def one_line(error: Exception) -> str:
    """Kind and message of an error without line breaks."""
    return " ".join(f"{type(error).__name__}: {error}".split())


class SchedulerError(RuntimeError):
    """There is nowhere to run jobs, or no longer; one line that says what to do."""


class Scheduler(Protocol):
    """Runs jobs. The store, not the scheduler, knows what is done: a job that finds its work done returns at once."""

    def run(self, jobs: Sequence[Job], on_event: Callable[[Event], None]) -> list[Outcome]:
        """Run all jobs, in any order, and say how each ended; a failed job does not stop the others.

        Raises:
            SchedulerError: what jobs run on was lost.
        """

    def close(self) -> None:
        """Release whatever the scheduler started."""
