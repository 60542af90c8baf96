"""A network that two Ray workers train: its record, its other tables, a worker that dies, and an error."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import psutil
import pytest

from benchmarks.records.store import Store
from benchmarks.running.scheduling import Event, Scheduler
from tests.benchmarks.cases import NOT_MEASURED, digests, kinds, small_campaign, small_study
from tests.benchmarks.running.scheduling.marks import RAY

pytestmark = RAY


def run(results: Path, scheduler: Scheduler, on_event: Any = lambda event: None, **fields: Any) -> list[Event]:
    """Run a study of one network with two processes; what happened."""
    events: list[Event] = []

    def listen(event: Event) -> None:
        events.append(event)
        on_event(event)

    study = small_study("adanet", evaluation=NOT_MEASURED, processes=2, **fields)
    small_campaign(results, study).run(scheduler, listen)
    return events


def workers() -> list[psutil.Process]:
    """Processes that train."""
    found = psutil.Process().children(recursive=True)
    return [process for process in found if "RayTrainWorker" in " ".join(process.cmdline())]


@pytest.fixture(scope="module")
def undisturbed(ray_scheduler: Scheduler, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """Results and events of a run that nobody killed."""
    results = tmp_path_factory.mktemp("undisturbed")
    return results, run(results, ray_scheduler)


def test_two_workers_train_and_one_measures(undisturbed: tuple[Path, list[Event]]) -> None:
    results, events = undisturbed
    assert kinds(events, "train adanet") == ["started", "done"]
    assert kinds(events, "measure adanet") == ["started", "done"]
    epochs = [event.progress.epoch["epoch"] for event in events if event.progress and event.progress.epoch]
    assert epochs == [1, 2, 3]
    (record,) = Store(results / "small").records()
    assert record.spec.processes == 2
    assert record.config["spec"]["processes"] == 2
    assert "benchmarks/training/distributed/methods/adanet.py" in record.config["code"]
    assert record.has("accuracy")


def test_a_run_of_which_a_worker_is_killed_ends_with_the_same_weights(
    undisturbed: tuple[Path, list[Event]], ray_scheduler: Scheduler, tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill_once(event: Event) -> None:
        if event.progress and event.progress.epoch.get("epoch") == 2 and not killed:
            victim = workers()[-1]
            killed.append(victim.pid)
            os.kill(victim.pid, signal.SIGKILL)

    events = run(tmp_path, ray_scheduler, kill_once)
    assert killed
    assert kinds(events, "train adanet") == ["started", "retried", "done"]
    epochs = [event.progress.epoch["epoch"] for event in events if event.progress and event.progress.epoch]
    assert epochs.count(1) == 1, "it went on from its checkpoint"
    assert digests(Store(tmp_path / "small")) == digests(Store(undisturbed[0] / "small"))


def test_an_error_is_a_failure_that_is_not_tried_again(ray_scheduler: Scheduler, tmp_path: Path) -> None:
    events = run(tmp_path, ray_scheduler, recipe={"lr": 1e30})
    assert kinds(events, "train adanet") == ["started", "failed"]
    assert kinds(events, "measure adanet") == []
    (failure,) = Store(tmp_path / "small").failures()
    assert "TrainingDiverged" in failure["error"]


def test_more_workers_than_the_cluster_has_is_said_at_once(ray_scheduler: Scheduler, tmp_path: Path) -> None:
    study = small_study("resnet", evaluation=NOT_MEASURED, processes=4)
    (outcome,) = small_campaign(tmp_path, study).run(ray_scheduler, lambda event: None)
    assert outcome.error == "4 processes need 4 CPUs together, and there are 2"
