"""What other tools are given to show, read back from the files."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from tensorboardX.proto.event_pb2 import Event as Written

from benchmarks.cli.trackers import TrackerMissing, check_trackers
from benchmarks.records.derived import SUMMARY, derived
from benchmarks.running.campaign import Campaign
from benchmarks.running.events import Event
from benchmarks.tracking.tracker import Tracker, writers
from tests.benchmarks.cli.test_hostile_inputs import contents


def events(place: Path) -> Iterator[Written]:
    """The events of a network's one file: each a length, its checksum, the event and its checksum."""
    (file,) = place.glob("events.out.tfevents.*")
    content, start = file.read_bytes(), 0
    while start < len(content):
        (length,) = struct.unpack_from("<Q", content, start)
        yield Written.FromString(content[start + 12 : start + 12 + length])
        start += 12 + length + 4


def scalars(place: Path) -> dict[str, dict[int, float]]:
    """By name, the value at every step."""
    found: dict[str, dict[int, float]] = {}
    for event in events(place):
        for value in event.summary.value:
            found.setdefault(value.tag, {})[event.step] = value.simple_value
    return found


def test_tensorboard_gets_the_history_and_the_headline(trained: Campaign, tmp_path: Path) -> None:
    Tracker(trained, writers(tmp_path, None), pytest.fail).finish()
    for record in trained.store.records():
        shown = scalars(tmp_path / trained.study.name / record.spec.label)
        history = record.history()
        assert list(shown["training/loss"]) == list(history["epoch"])
        assert list(shown["training/loss"].values()) == pytest.approx(list(history["loss"]))
        rows = derived(record, SUMMARY)
        (accuracy,) = rows.loc[rows["headline"].astype(bool), "accuracy"]
        assert shown["measured/accuracy"] == {len(history): pytest.approx(accuracy)}


def test_a_network_is_written_when_its_job_has_ended_and_not_before(trained: Campaign, tmp_path: Path) -> None:
    tracker = Tracker(trained, writers(tmp_path, None), pytest.fail)
    label = trained.specs[0].label
    tracker(Event(job=f"train {label}", kind="started"))
    assert list(tmp_path.iterdir()) == []
    tracker(Event(job=f"train {label}", kind="done"))
    assert [path.name for path in (tmp_path / trained.study.name).iterdir()] == [label]


def test_written_again_it_takes_the_place_of_what_was_there(trained: Campaign, tmp_path: Path) -> None:
    for _ in range(2):
        Tracker(trained, writers(tmp_path, None), pytest.fail).finish()
    assert list(events(tmp_path / trained.study.name / trained.specs[0].label))


def test_no_record_is_changed(trained: Campaign, tmp_path: Path) -> None:
    before = contents(trained.options.results)
    Tracker(trained, writers(tmp_path, None), pytest.fail).finish()
    assert contents(trained.options.results) == before


def test_what_cannot_be_written_is_said_and_the_run_continues(trained: Campaign, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said: list[str] = []
    Tracker(trained, writers(tmp_path / "file", None), said.append).finish()
    assert len(said) == len(trained.specs)
    assert all("is not tracked: " in line for line in said)


def test_without_mlflow_the_option_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.cli.trackers.find_spec", lambda name: None)
    with pytest.raises(TrackerMissing, match=r"--mlflow needs mlflow, sqlalchemy, alembic: python -m pip install"):
        check_trackers(None, tmp_path)


def test_mlflow_gets_a_run_per_network(trained: Campaign, tmp_path: Path) -> None:
    pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    from mlflow.tracking import MlflowClient

    for _ in range(2):
        Tracker(trained, writers(None, tmp_path), pytest.fail).finish()
    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name(trained.study.name)
    assert experiment is not None
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert sorted(runs) == sorted(spec.label for spec in trained.specs)
    for record in trained.store.records():
        run = runs[record.spec.label]
        curve = client.get_metric_history(run.info.run_id, "loss")
        assert [metric.value for metric in sorted(curve, key=lambda m: m.step)] == list(record.history()["loss"])
        assert run.info.status == "FINISHED"
