"""Where a run's time goes: every second counts once, whatever runs side by side."""

from __future__ import annotations

from typing import Literal

import pytest

from benchmarks.running.events import Progress
from benchmarks.running.scheduling import Event
from benchmarks.running.spent import Spent

Kind = Literal["started", "progress", "retried", "done", "failed"]
KINDS: dict[str, Kind] = {"started": "started", "retried": "retried", "done": "done", "failed": "failed"}


class Run:
    """A run whose clock a test sets."""

    def __init__(self) -> None:
        self.now = 100.0
        self.spent = Spent(["accuracy", "robustness"], lambda: self.now)

    def at(self, second: float, job: str, what: str, epoch_seconds: float | None = None) -> None:
        """Something happens that many seconds after the start."""
        self.now = 100.0 + second
        epoch = {} if epoch_seconds is None else {"seconds": epoch_seconds}
        kind = KINDS.get(what, "progress")
        self.spent(Event(job=job, kind=kind, progress=None if what in KINDS else Progress(step=what, epoch=epoch)))

    def after(self, second: float) -> dict[str, float]:
        """Seconds by step."""
        self.now = 100.0 + second
        self.spent.line()
        return self.spent.seconds


@pytest.fixture
def run() -> Run:
    return Run()


def test_without_jobs_all_is_other(run: Run) -> None:
    assert run.after(7) == {"other": 7}


def test_a_job_starts_and_trains_and_measures(run: Run) -> None:
    run.at(2, "a", "started")
    run.at(8, "a", "train", epoch_seconds=4)  # the first epoch took 4 of these 6 seconds: 2 to start
    run.at(11, "a", "train", epoch_seconds=3)
    run.at(12, "a", "settings")  # belongs to training
    run.at(13, "a", "accuracy")
    run.at(18, "a", "done")
    assert run.after(19) == {"other": 2 + 2 + 1, "training": 4 + 5, "accuracy": 5}


def test_jobs_that_run_side_by_side_share_the_seconds(run: Run) -> None:
    for job in ("a", "b"):
        run.at(0, job, "started")
        run.at(0, job, "accuracy")
    run.at(4, "a", "robustness")
    run.at(10, "b", "done")
    run.at(12, "a", "done")
    found = run.after(12)
    assert found == {"other": 0, "accuracy": 4 + 3, "robustness": 3 + 2}
    assert sum(found.values()) == 12


def test_a_first_epoch_beside_another_job_has_half_of_its_seconds(run: Run) -> None:
    run.at(0, "a", "started")
    run.at(0, "b", "started")
    run.at(0, "b", "robustness")
    run.at(8, "a", "train", epoch_seconds=2)
    assert run.after(8) == {"other": 3, "training": 1, "robustness": 4}


def test_waiting_is_a_step_of_its_own(run: Run) -> None:
    run.at(0, "a", "another run is working on it")
    run.at(5, "a", "started")
    run.at(5, "a", "waits for the machine")
    run.at(9, "a", "accuracy")
    assert run.after(10) == {"other": 0, "waiting": 9, "accuracy": 1}


def test_a_worker_that_died_does_nothing_until_it_starts_again(run: Run) -> None:
    run.at(0, "a", "started")
    run.at(1, "a", "accuracy")
    run.at(3, "a", "retried")
    run.at(6, "a", "accuracy")
    run.at(7, "a", "failed")
    assert run.after(8) == {"other": 1 + 3 + 1, "accuracy": 2 + 1}


def test_the_line_has_the_longest_step_first_and_the_rest_last(run: Run) -> None:
    run.at(5, "a", "started")
    run.at(5, "a", "accuracy")
    run.at(65, "a", "robustness")
    run.at(195, "a", "done")
    run.now = 100 + 200
    assert run.spent.line() == "3:20: robustness 2:10, accuracy 1:00, other 0:10"
