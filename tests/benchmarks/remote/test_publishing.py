"""A record at a URL is the old one or the new one, wherever a machine is killed while it publishes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch

from benchmarks.records.record import Record
from benchmarks.records.store import CHECKPOINT, Store
from benchmarks.remote.exchange import Exchange, RemoteStudy
from benchmarks.remote.lease import LEASE, _content, this_process
from benchmarks.remote.pulling import pull
from benchmarks.study.study import ModelSpec
from tests.benchmarks.cases import models, small_study
from tests.benchmarks.records.test_store import CONFIG, HISTORY, MADE_BY, TABLE, made
from tests.benchmarks.remote.conftest import Machine
from zoo.remote.files import RemoteFiles
from zoo.remote.mirror import Mirror

OTHER = pd.DataFrame({"label": [3, 5], "prediction": [3, 5]})
WEIGHTS = {"conv": torch.arange(6.0).view(2, 3)}


class Killed(RuntimeError):
    """The machine is gone."""


def held(url: str) -> RemoteStudy:
    """The study, with a lease that somebody holds."""
    mine = this_process()
    RemoteFiles(url).write(LEASE, _content(mine))
    return RemoteStudy(url, mine.token)


def exchanged(remote: RemoteStudy) -> Store:
    """The study's store on the machine of this moment."""
    exchange = Exchange(remote, whole=True)
    return Store(exchange.mirror.root, exchange)


def mortal(store: Store, monkeypatch: pytest.MonkeyPatch, lifetime: int) -> None:
    """Let the machine be killed before it changes something at the URL for that time."""
    assert isinstance(store.elsewhere, Exchange)
    left = [lifetime]

    def counted(usual: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: object) -> None:
            if not left[0]:
                raise Killed
            left[0] -= 1
            usual(*arguments)

        return call

    files = store.elsewhere.mirror.files
    for name in ("send", "write", "remove"):
        monkeypatch.setattr(files, name, counted(getattr(files, name)))


def seen(url: str) -> Record | None:
    """The study's only record as another machine has it, undamaged; None if there is none."""
    mirror = Mirror(url)
    pull(mirror, weights=True)
    found = [Record(path) for path in mirror.root.glob("models/*")]
    assert [record.check() for record in found] in ([], [[]])
    for record in found:
        assert set(record.manifest["files"]) >= {"config.yaml", "history.parquet", "weights.safetensors"}
        assert record.weights().keys() == WEIGHTS.keys()
    return found[0] if found else None


@pytest.fixture
def spec() -> ModelSpec:
    return models(small_study())[0]


def committed(store: Store, spec: ModelSpec) -> Record:
    """A record that was trained, with a table; before that there was a checkpoint."""
    identity = made(spec)
    workspace = store.workspace(identity)
    workspace.mkdir(parents=True)
    (workspace / CHECKPOINT).write_bytes(b"half")
    store.elsewhere.changed(workspace / CHECKPOINT)
    record = store.commit(identity, CONFIG, HISTORY, WEIGHTS)
    record.write_table("accuracy", TABLE, MADE_BY)
    store.elsewhere.changed(record.path)
    return record


def test_another_machine_has_what_was_published(place: str, spec: ModelSpec, on_machine: Machine) -> None:
    url = f"{place}/small"
    with on_machine("one"):
        record = committed(exchanged(held(url)), spec)
        digests = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in record.path.iterdir()}
    with on_machine("other"):
        found = seen(url)
        assert found is not None
        assert {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in found.path.iterdir()} == digests
        pd.testing.assert_frame_equal(found.table("accuracy"), TABLE)
        assert not [name for name in RemoteFiles(url).listing() if CHECKPOINT in name]


def test_what_is_published_again_is_not_sent_again(place: str, spec: ModelSpec, on_machine: Machine) -> None:
    with on_machine("one"):
        store = exchanged(held(f"{place}/small"))
        record = committed(store, spec)
        assert isinstance(store.elsewhere, Exchange)
        sent = store.elsewhere.mirror.transfers.sent
        store.elsewhere.changed(record.path)
        assert store.elsewhere.mirror.transfers.sent == sent
        record.write_table("accuracy", OTHER, MADE_BY)
        store.elsewhere.changed(record.path)
        assert store.elsewhere.mirror.transfers.sent == sent + 2, "the table and the manifest"


@pytest.mark.parametrize("lifetime", range(9))
def test_a_machine_that_is_killed_while_it_replaces_a_table_leaves_either(
    lifetime: int, tmp_path: Path, spec: ModelSpec, on_machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"file://{tmp_path}/store/small"
    remote = held(url)
    with on_machine("one"):
        store = exchanged(remote)
        record = committed(store, spec)
        record.write_table("accuracy", OTHER, MADE_BY)
        record.write_table("ledger", OTHER, MADE_BY)
        mortal(store, monkeypatch, lifetime)
        try:
            store.elsewhere.changed(record.path)
            killed = False
        except Killed:
            killed = True
    with on_machine("other"):
        found = seen(url)
        assert found is not None
        table = found.table("accuracy")
        assert table.equals(TABLE) or table.equals(OTHER)
        assert killed or (table.equals(OTHER) and found.has("ledger"))
    assert killed == (lifetime < 4), "announced, two tables, the manifest"


@pytest.mark.parametrize("lifetime", range(14))
def test_a_machine_that_is_killed_while_it_stores_another_training_leaves_no_mixture(
    lifetime: int, tmp_path: Path, spec: ModelSpec, on_machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"file://{tmp_path}/store/small"
    remote = held(url)
    with on_machine("one"):
        store = exchanged(remote)
        before = committed(store, spec).config["finished"]
        mortal(store, monkeypatch, lifetime)
        newer = pd.DataFrame({"epoch": [1, 2], "loss": [2.0, 0.5]})
        try:
            store.commit(made(spec), CONFIG, newer, {"conv": torch.ones(2, 3)})
            killed = False
        except Killed:
            killed = True
    with on_machine("other"):
        found = seen(url)
        if found is None:
            assert killed, "it is made again"
        elif found.config["finished"] == before:
            assert found.history().equals(HISTORY)
            assert found.has("accuracy")
        else:
            assert found.history().equals(newer)
            assert torch.equal(found.weights()["conv"], torch.ones(2, 3))
            assert not found.has("accuracy")


@pytest.mark.parametrize("lifetime", range(8))
def test_a_machine_that_is_killed_while_it_discards_a_record_leaves_all_or_nothing(
    lifetime: int, tmp_path: Path, spec: ModelSpec, on_machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"file://{tmp_path}/store/small"
    remote = held(url)
    with on_machine("one"):
        store = exchanged(remote)
        committed(store, spec)
        mortal(store, monkeypatch, lifetime)
        try:
            store.discard(spec)
        except Killed:
            assert lifetime < 6
    with on_machine("other"):
        found = seen(url)
        assert (found is None) == (lifetime > 0)
        assert found is None or found.has("accuracy")


def test_a_removed_table_is_removed_there(place: str, spec: ModelSpec, on_machine: Machine) -> None:
    with on_machine("one"):
        store = exchanged(held(f"{place}/small"))
        record = committed(store, spec)
        record.remove_table("accuracy")
        store.elsewhere.changed(record.path)
        assert not [name for name in RemoteFiles(f"{place}/small").listing() if "accuracy" in name]


def test_a_failure_is_there_until_the_job_succeeds(place: str, spec: ModelSpec, on_machine: Machine) -> None:
    url = f"{place}/small"
    with on_machine("one"):
        store = exchanged(held(url))
        store.write_failure(spec, "train", "ValueError: no", "Traceback")
        failures = [name for name in RemoteFiles(url).listing() if name.startswith("failures/")]
        assert len(failures) == 1
        committed(store, spec)
        assert not [name for name in RemoteFiles(url).listing() if name.startswith("failures/")]


def test_weights_that_are_not_here_stay_there(place: str, spec: ModelSpec, on_machine: Machine) -> None:
    url = f"{place}/small"
    remote = held(url)
    with on_machine("one"):
        committed(exchanged(remote), spec)
    with on_machine("driver"):
        exchange = Exchange(remote, whole=False)
        store = Store(exchange.mirror.root, exchange)
        store.fetch(made(spec))
        record = store.record(made(spec))
        assert record is not None
        assert not record.has_weights
        assert store.has_weights(record)
        record.write_table("summary", OTHER, {"version": {}})
        store.elsewhere.changed(record.path)
    with on_machine("other"):
        found = seen(url)
        assert found is not None
        assert found.has_weights
        assert found.has("summary")
