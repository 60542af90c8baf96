"""The kinds of errors that commands show as one line; apart from `benchmarks.cli.errors`, because they need torch."""

from __future__ import annotations

from benchmarks.cli.errors import USAGE_ERRORS
from benchmarks.data import DataCorrupt, DataMissing
from benchmarks.records.files import StoreError
from benchmarks.running.scheduling import SchedulerError
from benchmarks.study.study import StudyError

INPUT_ERRORS = (*USAGE_ERRORS, DataMissing, DataCorrupt)
"""Errors of a wrong study, wrong data or wrong options of a command."""
RUN_ERRORS = (StudyError, StoreError, DataMissing, DataCorrupt, SchedulerError, OSError)
"""Errors of a run that the user can correct."""
