"""Schedulers run jobs under Ray or in the calling process, with the same small interface."""

import os

from benchmarks.running.events import Event
from benchmarks.running.scheduling.base import Outcome, Scheduler, SchedulerError
from benchmarks.running.scheduling.inline import InlineScheduler

__all__ = ["Event", "InlineScheduler", "Outcome", "Scheduler", "SchedulerError"]

# Ray reads these when it is imported, which only this package does. The first keeps every socket on 127.0.0.1, which
# Ray otherwise opens on all interfaces; it does not affect a cluster that is joined by address. The second prevents a
# thread that is left over from a lost cluster from starting a new one.
os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")
os.environ.setdefault("TUNE_DISABLE_SIGINT_HANDLER", "1")  # otherwise Ctrl-C ends an experiment as if it had succeeded
os.environ.setdefault("TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S", "0")
