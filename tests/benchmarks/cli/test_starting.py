"""When the scheduler of a run starts, and that it is closed whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cli.console import make_console
from benchmarks.cli.execution import prepare
from benchmarks.cli.options import SchedulerName
from benchmarks.cli.starting import SchedulerStart
from benchmarks.running.campaign import Campaign, RunOptions
from benchmarks.running.jobs import Job
from benchmarks.running.scheduling import Event, SchedulerError
from benchmarks.running.scheduling.base import Outcome
from benchmarks.study.study import StudyError
from tests.benchmarks.cases import small_study


class Recorded:
    """A scheduler that remembers where it was made, and whether it was closed."""

    made: list[Recorded]

    def __init__(self) -> None:
        self.thread, self.closed = threading.current_thread(), 0
        self.made.append(self)

    def run(self, jobs: Sequence[Job], on_event: Callable[[Event], None]) -> list[Outcome]:
        """Nothing."""
        return []

    def close(self) -> None:
        """Count."""
        self.closed += 1


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Recorded]:
    Recorded.made = []
    monkeypatch.setattr("benchmarks.cli.starting.make_scheduler", lambda *options: Recorded())
    return Recorded.made


def prepared(
    results: Path, start: SchedulerStart, *, dry_run: bool = False, force: bool = False, **fields: Any
) -> Campaign:
    study = small_study(**fields)
    return prepare(study, RunOptions(results=results), start, make_console(), dry_run=dry_run, force=force)


def test_a_ray_of_this_machine_starts_while_a_new_study_is_planned(made: list[Recorded], tmp_path: Path) -> None:
    with SchedulerStart(SchedulerName.ray, None) as start:
        prepared(tmp_path, start)
        scheduler = start.started(())
        assert made == [scheduler]
        assert made[0].thread is not threading.current_thread()
        assert made[0].thread.is_alive()  # what it started ends with it
    assert made[0].closed == 1


@pytest.mark.parametrize(
    ("name", "address", "dry_run"),
    [(SchedulerName.ray, None, True), (SchedulerName.ray, "127.0.0.1:1", False), (SchedulerName.inline, None, False)],
)
def test_others_start_when_they_are_asked_for(
    made: list[Recorded], tmp_path: Path, name: SchedulerName, address: str | None, dry_run: bool
) -> None:
    with SchedulerStart(name, address) as start:
        prepared(tmp_path, start, dry_run=dry_run)
        assert made == []


def test_a_study_that_has_records_may_have_nothing_left_to_do(
    made: list[Recorded], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.cli.execution.Store.readable_records", lambda store: ["a record"])
    with SchedulerStart(SchedulerName.ray, None) as start:
        monkeypatch.setattr("benchmarks.cli.execution.Campaign", lambda study, options, on_read: on_read())
        prepared(tmp_path, start)
        assert made == []
        prepared(tmp_path, start, force=True)
        start.started(())
        assert len(made) == 1


def test_what_was_started_for_a_study_that_cannot_run_is_closed(made: list[Recorded], tmp_path: Path) -> None:
    with (
        pytest.raises(StudyError, match="epochs"),
        SchedulerStart(SchedulerName.ray, None) as start,
    ):
        prepared(tmp_path, start, methods=("skipnet",), recipe={"epochs": 1})
    assert [scheduler.closed for scheduler in made] == [1]


def test_a_network_that_does_not_exist_starts_nothing(made: list[Recorded], tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="resnt"), SchedulerStart(SchedulerName.ray, None) as start:
        prepared(tmp_path, start, methods=("resnt",))
    assert made == []


def test_why_it_did_not_start_is_told_to_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*options: object) -> None:
        raise SchedulerError("no memory")

    monkeypatch.setattr("benchmarks.cli.starting.make_scheduler", fail)
    with SchedulerStart(SchedulerName.ray, None) as start:
        start.begin(())
        with pytest.raises(SchedulerError, match="no memory"):
            start.started(())
