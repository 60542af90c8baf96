"""Run jobs one after another in the calling process, for debugging or without Ray."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.records.claims import Busy
from benchmarks.running.events import Event
from benchmarks.running.gpu_share import OutOfGpuMemory
from benchmarks.running.jobs import Job
from benchmarks.running.scheduling.base import Outcome, one_line


class InlineScheduler:
    """Runs each job in the calling process; a failed job is an outcome, not an exception."""

    def run(self, jobs: Sequence[Job], on_event: Callable[[Event], None]) -> list[Outcome]:
        """Run the jobs in order."""
        return [self._run(job, on_event) for job in jobs]

    def _run(self, job: Job, on_event: Callable[[Event], None]) -> Outcome:
        on_event(Event(job=job.name, kind="started"))
        try:
            job.run(lambda progress: on_event(Event(job=job.name, kind="progress", progress=progress)))
        except Busy:
            return Outcome(job=job.name, busy=True)
        except Exception as error:
            message = one_line(error)
            if isinstance(error, OutOfGpuMemory) and job.can_grow:
                return Outcome(job=job.name, error=message, short_of_memory=True)
            on_event(Event(job=job.name, kind="failed", error=message))
            return Outcome(job=job.name, error=message)
        on_event(Event(job=job.name, kind="done"))
        return Outcome(job=job.name)

    def close(self) -> None:
        """Do nothing."""
