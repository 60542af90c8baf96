"""Where jobs run: under Ray, or in the calling process. Both are the same small interface."""

from benchmarks.scheduling.base import Event, Outcome, Scheduler
from benchmarks.scheduling.inline import InlineScheduler

__all__ = ["Event", "InlineScheduler", "Outcome", "Scheduler"]
