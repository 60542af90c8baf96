"""The interface of schedulers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from benchmarks.running.events import Event
from benchmarks.running.jobs import Job


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a job ended.

    Attributes:
        job: name of the job.
        error: one line; empty if the job succeeded.
        busy: another run is working on the same network, so nothing was done.
        short_of_memory: the job had too small a part of a GPU, and may have more; see `benchmarks.running.growing`.
    """

    job: str
    error: str = ""
    busy: bool = False
    short_of_memory: bool = False


def one_line(error: Exception) -> str:
    """Kind and message of an error without line breaks."""
    return " ".join(f"{type(error).__name__}: {error}".split())


class SchedulerError(RuntimeError):
    """Jobs cannot run, or can no longer run; one line that says what to do."""


class Scheduler(Protocol):
    """Runs jobs. The store, not the scheduler, records what is done: a job with nothing to do returns at once."""

    def run(self, jobs: Sequence[Job], on_event: Callable[[Event], None]) -> list[Outcome]:
        """Run all jobs, in any order, and return how each ended; a failed job does not stop the others.

        Raises:
            SchedulerError: the cluster was lost.
        """

    def close(self) -> None:
        """Release everything that the scheduler started."""
