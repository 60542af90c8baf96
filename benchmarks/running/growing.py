"""Jobs that ran out of memory with a part of a GPU get twice the part, up to all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from benchmarks.running.events import Event
from benchmarks.running.gpu_share import in_words
from benchmarks.running.jobs import Job
from benchmarks.running.scheduling import Outcome, Scheduler


def run_growing(jobs: Sequence[Job], scheduler: Scheduler, on_event: Callable[[Event], None]) -> list[Outcome]:
    """Run jobs, and those that were short of memory again until they end otherwise or had a whole GPU.

    Raises:
        SchedulerError: the cluster was lost.
    """
    waiting, ended = list(jobs), list[Outcome]()
    while waiting:
        outcomes = scheduler.run(waiting, on_event)
        short = {outcome.job for outcome in outcomes if outcome.short_of_memory}
        ended += [outcome for outcome in outcomes if not outcome.short_of_memory]
        waiting = [grown(job) for job in waiting if job.name in short]
        for job in waiting:
            message = f"out of memory with {in_words(job.tried[-1])}, now with {in_words(job.resources.gpus)}"
            on_event(Event(job=job.name, kind="retried", error=message))
    return ended


def grown(job: Job) -> Job:
    """The same job with twice its part of a GPU, at most all of it."""
    share = min(1.0, 2 * job.resources.gpus)
    return replace(job, resources=replace(job.resources, gpus=share), tried=(*job.tried, job.resources.gpus))
