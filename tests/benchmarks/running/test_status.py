"""How far a study is, from its directory alone; records are written as the store writes them, without training."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.records.claims import claim
from benchmarks.records.files import StoreError, write_json, write_yaml
from benchmarks.running.events import MACHINE_WAIT, Progress
from benchmarks.running.status import NetworkStatus, StudyStatus, study_status
from benchmarks.running.told import Told, read_told, telling, told_file
from benchmarks.running.what_is_left import time_left
from benchmarks.running.whole_plan import PLAN, NetworkPlan, WholePlan, read_plan, write_plan
from zoo.remote.files import RemoteError

EPOCH: dict[str, Any] = {"epoch": 3, "epochs": 10, "loss": 0.5, "validation_accuracy": 0.9, "seconds": 4.0}
NOW = 1_000_000.0


def planned(label: str, **changes: Any) -> NetworkPlan:
    """A network of 10 epochs with a table of either kind, neither of which is there."""
    facts: dict[str, Any] = {
        **{"label": label, "record": f"{label}-1", "failure": f"{label}-2", "epochs": 10, "effort": 1.0, "size": 1.0},
        **{"shared": ["accuracy"], "alone": {"latency": 20.0}, "missing": ["accuracy", "latency"]},
    }
    return NetworkPlan(**facts | changes)


def stored(root: Path, *networks: NetworkPlan) -> Path:
    write_plan(root, WholePlan(networks=networks, side_by_side=1))
    return root


def record(root: Path, network: NetworkPlan, training: float = 50.0, **tables: float) -> None:
    """A record with these seconds."""
    place = root / "models" / network.record
    place.mkdir(parents=True)
    for name in tables:
        (place / f"{name}.parquet").touch()
    write_yaml(place / "config.yaml", {"seconds": training})
    write_json(place / "manifest.json", {"tables": {name: {"seconds": took} for name, took in tables.items()}})


def only(root: Path) -> NetworkStatus:
    """The status of a study's one network."""
    (found,) = study_status(root).networks
    return found


def test_a_network_of_which_nothing_is_there_is_missing(tmp_path: Path) -> None:
    found = only(stored(tmp_path, planned("resnet")))
    assert (found.state, found.missing, found.trained) == ("missing", ["accuracy", "latency"], False)


def test_a_network_with_a_record_and_all_tables_is_done(tmp_path: Path) -> None:
    record(stored(tmp_path, planned("resnet")), planned("resnet"), accuracy=2.0, latency=20.0)
    assert only(tmp_path).state == "done"
    assert study_status(tmp_path).complete


def test_a_network_that_lacks_a_table_is_trained(tmp_path: Path) -> None:
    record(stored(tmp_path, planned("resnet")), planned("resnet"), accuracy=2.0)
    found = only(tmp_path)
    assert (found.state, found.missing) == ("trained", ["latency"])


def test_a_table_that_was_stale_when_the_run_began_counts_when_it_is_made_again(tmp_path: Path) -> None:
    record(stored(tmp_path, planned("resnet")), planned("resnet"), accuracy=2.0, latency=20.0)
    table = tmp_path / "models" / "resnet-1" / "latency.parquet"
    os.utime(table, (0, 0))
    assert only(tmp_path).missing == ["latency"]
    table.touch()
    assert only(tmp_path).missing == []


def test_a_table_that_was_current_when_the_run_began_counts_whatever_its_age(tmp_path: Path) -> None:
    network = planned("resnet", missing=[])
    record(stored(tmp_path, network), network, accuracy=2.0, latency=20.0)
    os.utime(tmp_path / "models" / "resnet-1" / "latency.parquet", (0, 0))
    assert only(tmp_path).state == "done"


def test_a_claim_that_is_held_is_a_job_that_runs(tmp_path: Path) -> None:
    network = planned("resnet")
    path = told_file(stored(tmp_path, network), network.record)
    with claim(path.with_suffix(".lock")):
        telling(lambda progress: None, path, "train")(Progress(step="train", epoch=EPOCH))
        found = only(tmp_path)
        assert (found.state, found.told and found.told.epoch) == ("running", 3)
    assert only(tmp_path).state == "stopped"


def test_a_job_that_waits_says_so(tmp_path: Path) -> None:
    network = planned("resnet")
    path = told_file(stored(tmp_path, network), network.record)
    with claim(path.with_suffix(".lock")):
        telling(lambda progress: None, path, "time")(Progress(step=MACHINE_WAIT))
        assert only(tmp_path).state == "waits"


def test_a_failure_is_told_until_the_job_runs_again(tmp_path: Path) -> None:
    network = planned("resnet")
    write_yaml(stored(tmp_path, network) / "failures" / "resnet-2.yaml", {"error": "ValueError: no"})
    assert (only(tmp_path).state, only(tmp_path).error) == ("failed", "ValueError: no")
    with claim(told_file(tmp_path, network.record).with_suffix(".lock")):
        assert only(tmp_path).state == "running"


def test_looking_changes_nothing(tmp_path: Path) -> None:
    stored(tmp_path, planned("resnet"))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    study_status(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_study_without_a_plan_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="has no plan of a run"):
        read_plan(tmp_path)


@pytest.mark.parametrize("content", [{"networks": []}, {"networks": [{"label": "x"}], "side_by_side": 1, "written": 0}])
def test_a_plan_of_another_version_is_damaged(content: dict[str, Any], tmp_path: Path) -> None:
    write_json(tmp_path / ".claims" / PLAN, content)
    with pytest.raises(StoreError, match="not a plan of this version"):
        read_plan(tmp_path)


def test_a_job_tells_what_is_new_only(tmp_path: Path) -> None:
    passed: list[Progress] = []
    path = tmp_path / "told.json"
    tell = telling(passed.append, path, "train")
    tell(Progress(step="train", epoch=EPOCH))
    first = path.stat().st_mtime_ns, path.stat().st_ino
    tell(Progress(step="train"))
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == first
    tell(Progress(step="train", epoch=EPOCH | {"epoch": 4}))
    told = read_told(path)
    assert told is not None
    assert (told.epoch, told.epochs, told.trained, told.seconds, told.loss, told.accuracy) == (4, 10, 2, 8.0, 0.5, 0.9)
    assert [progress.step for progress in passed] == ["train"] * 3


def test_what_a_job_says_while_a_store_is_away_is_told_later(tmp_path: Path) -> None:
    path = tmp_path / "told.json"
    published: list[int] = []
    passed: list[Progress] = []
    away = [True]

    def publish(written: Path) -> None:
        if away[0]:
            raise RemoteError("s3://bucket/mine cannot be used")
        told = read_told(written)
        assert told is not None
        published.append(told.epoch)

    tell = telling(passed.append, path, "train", publish)
    tell(Progress(step="train", epoch=EPOCH | {"epoch": 4}))
    away[0] = False
    for _ in range(2):
        tell(Progress(step="train"))
    assert published == [4]
    assert len(passed) == 3


def test_a_job_whose_run_has_lost_its_lease_ends_when_it_tells(tmp_path: Path) -> None:
    def lost(written: Path) -> None:
        raise StoreError("no longer this run's")

    with pytest.raises(StoreError):
        telling(lambda progress: None, tmp_path / "told.json", "train", lost)(Progress(step="train"))


def test_what_cannot_be_read_was_not_told(tmp_path: Path) -> None:
    (tmp_path / "told.json").write_text("{")
    assert read_told(tmp_path / "told.json") is None


def study(*networks: NetworkStatus) -> StudyStatus:
    return StudyStatus(
        plan=WholePlan(networks=[n.plan for n in networks], side_by_side=1, written=0.0), networks=networks
    )


DONE = NetworkStatus(
    plan=planned("resnet"),
    trained=True,
    running=False,
    seconds={"train": 50.0, "accuracy": 2.0, "latency": 30.0},
    made=frozenset({"accuracy", "latency"}),
)
MISSING = NetworkStatus(plan=planned("adanet", effort=2.0, size=2.0), trained=False, running=False)


def seconds(*networks: NetworkStatus) -> float:
    """What is left, where all of it is known."""
    found = time_left(study(*networks), NOW).seconds()
    assert found is not None
    left, known = found
    assert known
    return left


def test_nothing_is_left_of_what_is_done() -> None:
    assert time_left(study(DONE), NOW).seconds() is None


def test_what_is_left_is_in_proportion_to_what_is_stored() -> None:
    # twice the effort: 100 s; twice the size: 4 s; timing: the mean of 30 s seen and 20 s thought
    assert seconds(DONE, MISSING) == pytest.approx(100 + 4 + 25)


def test_a_job_that_runs_is_left_with_the_rest_of_it() -> None:
    told = Told(
        kind="train", started=NOW - 50, step="train", since=NOW - 4, epoch=4, epochs=10, trained=4, seconds=40.0
    )
    running = replace(MISSING, running=True, told=told)
    # six epochs of 10 s, 4 s into the first of them
    assert seconds(DONE, running) == pytest.approx(60 - 4 + 4 + 25)


def test_a_killed_training_continues_after_the_epochs_that_it_had() -> None:
    told = Told(kind="train", started=NOW - 900, step="train", since=NOW - 800, epoch=4, trained=4, seconds=40.0)
    assert seconds(DONE, replace(MISSING, told=told)) == pytest.approx(60 + 4 + 25)


def test_before_anything_is_known_nothing_is_said() -> None:
    assert time_left(study(MISSING), NOW).text() == ""
