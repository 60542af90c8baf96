"""Records on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from torch import Tensor

from benchmarks.records import record as records_module
from benchmarks.records.claims import claim
from benchmarks.records.files import StoreError, read_yaml, replacing, write_json, write_yaml
from benchmarks.records.identity import Identity
from benchmarks.records.record import Record, digest
from benchmarks.records.store import Store
from benchmarks.running.campaign import Campaign
from benchmarks.study.study import ModelSpec
from tests.benchmarks.cases import models, small_study
from zoo import Setting

CODE = {"zoo/methods/resnet.py": "one", "benchmarks/training/loop.py": "two"}
ENVIRONMENT = {"created": "2026-03-04T05:06:07+00:00", "processor": "A Processor"}
MADE_BY = {"version": {"code": CODE, "options": {"epsilons": [0.1]}, "inputs": {}}, "environment": ENVIRONMENT}
HISTORY = pd.DataFrame({"epoch": [1, 2], "loss": [2.0, 1.0]})
CONFIG = {
    "settings": [{"name": "default", "values": {}, "note": ""}],
    "seconds": 1.5,
    "units": ["block"],
    "task": {"shape": [1, 28, 28], "classes": 10, "mean": [0.0], "std": [1.0]},
    "baseline": {"network": "resnet[tiny]", "macs": 1, "parameters": 1},
    "environment": ENVIRONMENT,
}
TABLE = pd.DataFrame({"label": [3, 5], "prediction": [3, 8]})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "study")


@pytest.fixture
def spec() -> ModelSpec:
    return models(small_study())[0]


class Made(Identity):
    """Of a network that was made by other code than there is."""

    made: Mapping[str, str] = CODE

    @property
    def code(self) -> Mapping[str, str]:
        """What the test says."""
        return self.made


def made(spec: ModelSpec, code: Mapping[str, str] = CODE, data: str = "0" * 16, precision: str = "fp32") -> Identity:
    """The identity of a network made by that code on those data."""
    identity = Made(
        spec=spec, parameters=spec.parameters, data=data, precision=precision, device="cpu", roots=("zoo.nowhere",)
    )
    object.__setattr__(identity, "made", code)
    return identity


@pytest.fixture
def weights() -> dict[str, Tensor]:
    return {"conv": torch.arange(6.0).view(2, 3), "steps": torch.tensor(7)}


@pytest.fixture
def record(store: Store, spec: ModelSpec, weights: dict[str, Tensor]) -> Record:
    return store.commit(made(spec), CONFIG, HISTORY, weights)


def files(store: Store) -> list[str]:
    """Everything below the store's root."""
    return sorted(str(path.relative_to(store.root)) for path in store.root.rglob("*") if path.is_file())


def start(store: Store, spec: ModelSpec, code: Mapping[str, str] = CODE) -> Path:
    """Leave a checkpoint as a killed training does."""
    checkpoint = store.workspace(made(spec, code)) / "checkpoint.pt"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.touch()
    return checkpoint


def fail_when(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
    """Pull the plug when that function is called."""

    def pull(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(owner, name, pull)


def die_after_some_bytes(table: pa.Table, path: Path, **options: object) -> None:
    """Stands for a machine that is switched off while a table is written."""
    path.write_bytes(b"PAR1")
    raise KeyboardInterrupt


def test_a_committed_model_is_read_back(record: Record, spec: ModelSpec, weights: dict[str, Tensor]) -> None:
    assert record.spec == spec
    assert record.settings == [Setting(name="default")]
    assert record.config["seconds"] == 1.5
    assert record.config["code"] == CODE
    pd.testing.assert_frame_equal(record.history(), HISTORY)
    assert all(torch.equal(record.weights()[name], value) for name, value in weights.items())


def test_a_commit_stores_the_digest_of_the_weights(record: Record, weights: dict[str, Tensor]) -> None:
    assert record.config["weights"] == digest(weights) == digest(record.weights())


def test_a_commit_leaves_nothing_else_behind(store: Store, spec: ModelSpec, weights: dict[str, Tensor]) -> None:
    start(store, spec)
    store.write_failure(spec, "train", "an error", "its trace")
    folder = store.commit(made(spec), CONFIG, HISTORY, weights).path.name
    assert files(store) == [
        f"models/{folder}/{name}" for name in ("config.yaml", "history.parquet", "manifest.json", "weights.safetensors")
    ]


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (records_module, "save"),
        (records_module, "write_parquet"),
        (records_module, "to_yaml"),
        (records_module, "write_json"),
        (records_module, "digest"),
        (Path, "unlink"),
        (Path, "rename"),
    ],
)
def test_a_commit_that_is_interrupted_leaves_no_record(
    store: Store,
    spec: ModelSpec,
    weights: dict[str, Tensor],
    monkeypatch: pytest.MonkeyPatch,
    owner: object,
    name: str,
) -> None:
    with monkeypatch.context() as patch:
        fail_when(patch, owner, name)
        with pytest.raises(KeyboardInterrupt):
            store.commit(made(spec), CONFIG, HISTORY, weights)
    assert store.record(made(spec)) is None
    assert store.records() == []


def test_after_an_interrupted_commit_the_next_one_succeeds(
    store: Store, spec: ModelSpec, weights: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fail_when(patch, Path, "rename")
        with pytest.raises(KeyboardInterrupt):
            store.commit(made(spec), CONFIG, HISTORY, weights)
    assert store.commit(made(spec), CONFIG, HISTORY, weights) == store.record(made(spec))


def test_a_commit_takes_the_place_of_the_same_models_record(
    store: Store, spec: ModelSpec, record: Record, weights: dict[str, Tensor]
) -> None:
    record.write_table("accuracy", TABLE, MADE_BY)
    again = store.commit(made(spec), CONFIG, HISTORY, weights)
    assert again == record
    assert not again.has("accuracy")


def test_other_code_gives_another_record(
    store: Store, spec: ModelSpec, record: Record, weights: dict[str, Tensor]
) -> None:
    other = store.commit(made(spec, CODE | {"zoo/methods/resnet.py": "three"}), CONFIG, HISTORY, weights)
    assert other.path != record.path
    assert len(store.records()) == 2


def test_a_table_is_read_back_with_its_version(record: Record) -> None:
    record.write_table("accuracy", TABLE, MADE_BY)
    assert record.made_by("accuracy") == MADE_BY
    pd.testing.assert_frame_equal(record.table("accuracy"), TABLE)


def test_columns_of_every_kind_come_back_as_they_were(record: Record) -> None:
    table = pd.DataFrame(
        {
            "setting": ["default", "a", None],
            "index": [0, 1, 2],
            "few": pd.array([1, 2, 3], dtype="uint8"),
            "confidence": np.array([0.5, np.nan, 1e-30], dtype="float32"),
            "seconds": [0.1, np.inf, -0.0],
            "top5": [True, False, True],
            "rates": [np.array([0.25, 0.5]), np.array([]), np.array([1.0])],
            "none": [None, None, None],
        }
    )
    record.write_table("accuracy", table, MADE_BY)
    pd.testing.assert_frame_equal(Record(record.path).table("accuracy"), table, check_exact=True)
    empty = table.head(0)
    record.write_table("cost", empty, MADE_BY)
    assert list(Record(record.path).table("cost").columns) == list(empty.columns)


def test_a_small_table_takes_little_more_than_its_numbers(record: Record) -> None:
    """pandas' own file of one row and 20 columns is 12 kB, most of it statistics and two more schemas."""
    record.write_table("accuracy", pd.DataFrame([{f"column{i}": i / 7 for i in range(20)}]), MADE_BY)
    assert (record.path / "accuracy.parquet").stat().st_size < 3000


def test_a_table_that_is_half_written_is_not_there(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(records_module, "write_parquet", die_after_some_bytes)
        with pytest.raises(KeyboardInterrupt):
            record.write_table("accuracy", TABLE, MADE_BY)
    assert not record.has("accuracy")
    assert "accuracy" not in "".join(path.name for path in record.path.iterdir())


def test_a_table_that_is_half_rewritten_is_the_old_one(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    record.write_table("accuracy", TABLE, MADE_BY)
    with monkeypatch.context() as patch:
        patch.setattr(records_module, "write_parquet", die_after_some_bytes)
        with pytest.raises(KeyboardInterrupt):
            record.write_table("accuracy", TABLE.head(1), MADE_BY)
    pd.testing.assert_frame_equal(record.table("accuracy"), TABLE)


def test_a_table_that_is_removed_is_gone_and_the_record_is_whole(record: Record) -> None:
    record.write_table("accuracy", TABLE, MADE_BY)
    record.write_table("cost", TABLE, MADE_BY)
    assert len(record.table("accuracy")) == len(TABLE)
    record.remove_table("accuracy")
    for found in (record, Record(record.path)):
        assert not found.has("accuracy")
        assert found.manifest["tables"].keys() == {"cost"}
        assert found.check() == []
    record.remove_table("accuracy")  # there is none any more
    assert record.has("cost")


def test_pictures_are_removed_from_every_record_and_nothing_else_is(
    store: Store, record: Record, spec: ModelSpec, weights: dict[str, Tensor]
) -> None:
    other = store.commit(made(spec, {"zoo/nowhere.py": "ba9876543210"}), CONFIG, HISTORY, weights)
    for one in (record, other):
        for name in ("robustness", "robustness_pictures", "slowdown_pictures"):
            one.write_table(name, TABLE, MADE_BY)
    with claim(store.claim_of(other)):
        store.remove_pictures()  # somebody works on that one
    assert [len(list(one.path.glob("*_pictures.parquet"))) for one in (record, other)] == [0, 2]
    store.remove_pictures()
    for found in store.records():
        assert list(found.manifest["tables"]) == ["robustness"]
        assert found.check() == []


def test_a_derived_table_is_read_back_and_replaces_the_parquet_file_of_earlier_versions(record: Record) -> None:
    old = record.path / "summary.parquet"
    TABLE.to_parquet(old, index=False)
    manifest = record.manifest
    files = {**manifest["files"], old.name: hashlib.sha256(old.read_bytes()).hexdigest()}
    write_json(record.path / "manifest.json", {**manifest, "files": files, "tables": {"summary": {"version": "old"}}})
    again = Record(record.path)
    assert not again.has("summary")
    again.write_table("summary", TABLE, MADE_BY)
    assert again.made_by("summary") == MADE_BY
    pd.testing.assert_frame_equal(Record(record.path).table("summary"), TABLE)
    assert not old.exists()
    assert not again.check()
    assert old.name not in again.manifest["files"]


def test_a_reader_sees_nothing_of_a_file_before_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "facts.yaml"
    with replacing(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
    assert path.read_text() == "half"


def test_the_status_of_an_unknown_model_is_missing(store: Store, spec: ModelSpec) -> None:
    assert store.status(made(spec)).state == "missing"


def test_the_status_of_a_model_with_a_checkpoint_is_started(store: Store, spec: ModelSpec) -> None:
    start(store, spec)
    status = store.status(made(spec))
    assert (status.state, status.reason) == ("started", "continues from its checkpoint")


def test_the_status_of_a_finished_model_is_done(store: Store, spec: ModelSpec, record: Record) -> None:
    assert store.status(made(spec)).state == "done"


def test_a_model_made_by_other_code_is_stale_and_the_reason_names_the_files(
    store: Store, spec: ModelSpec, record: Record
) -> None:
    today = {"zoo/methods/resnet.py": "changed", "benchmarks/training/loop.py": "two", "zoo/new.py": "three"}
    status = store.status(made(spec, today))
    assert (status.state, status.reason) == ("stale", "code changed since: zoo/methods/resnet.py, zoo/new.py")


def test_a_model_of_another_specification_is_missing_not_stale(store: Store, spec: ModelSpec, record: Record) -> None:
    (other,) = models(small_study(recipe={"lr": 0.2}))
    assert store.status(made(other)).state == "missing"


def test_a_stale_model_is_compared_with_the_newest_record(
    store: Store, spec: ModelSpec, record: Record, weights: dict[str, Tensor]
) -> None:
    newer = store.commit(made(spec, CODE | {"zoo/methods/resnet.py": "two"}), CONFIG, HISTORY, weights)
    _set_age(record, newer)
    assert (
        store.status(made(spec, {"zoo/methods/resnet.py": "two"})).reason
        == "code changed since: benchmarks/training/loop.py"
    )


def test_a_failure_is_recorded_with_job_error_and_traceback(store: Store, spec: ModelSpec) -> None:
    store.write_failure(spec, "train", "ValueError: no", "Traceback:\n  line\n")
    (failure,) = store.failures()
    assert failure == store.failure(spec)
    assert datetime.fromisoformat(failure.pop("when")).utcoffset() == timedelta(0)
    assert failure == {
        "job": "train",
        "spec": spec.model_dump(mode="json"),
        "error": "ValueError: no",
        "traceback": "Traceback:\n  line\n",
    }


def test_the_status_of_a_failed_model_says_why_and_that_it_is_retried(store: Store, spec: ModelSpec) -> None:
    store.write_failure(spec, "train", "ValueError: no", "")
    status = store.status(made(spec))
    assert (status.state, status.reason) == ("failed", "last time: ValueError: no; will be tried again")


def test_a_later_failure_takes_the_place_of_the_earlier_one(store: Store, spec: ModelSpec) -> None:
    for error in ("first", "second"):
        store.write_failure(spec, "train", error, "")
    assert [failure["error"] for failure in store.failures()] == ["second"]


def test_a_commit_forgets_the_models_failure(store: Store, spec: ModelSpec, weights: dict[str, Tensor]) -> None:
    store.write_failure(spec, "train", "an error", "")
    store.commit(made(spec), CONFIG, HISTORY, weights)
    assert store.failure(spec) is None


def test_a_commit_leaves_other_models_failures(store: Store, spec: ModelSpec, weights: dict[str, Tensor]) -> None:
    (other,) = models(small_study("adanet"))
    store.write_failure(other, "train", "an error", "")
    store.commit(made(spec), CONFIG, HISTORY, weights)
    assert store.failure(other) is not None


def test_a_failure_that_is_forgotten_is_gone(store: Store, spec: ModelSpec) -> None:
    store.write_failure(spec, "time", "an error", "")
    store.forget_failure(spec)
    assert store.failures() == []


def test_records_come_newest_first(store: Store, weights: dict[str, Tensor]) -> None:
    first, second, third = (
        store.commit(made(spec), CONFIG, HISTORY, weights) for spec in models(small_study(repetitions=3))
    )
    order = [second, third, first]
    _set_age(*order)
    assert store.records() == order[::-1]


def test_a_model_that_is_being_trained_is_no_record(store: Store, spec: ModelSpec, record: Record) -> None:
    (other,) = models(small_study("adanet"))
    workspace = start(store, other).parent
    (workspace / "config.yaml").write_text("format: 2\n")
    assert store.records() == [record]


def test_a_discarded_model_is_missing_and_so_is_its_checkpoint(store: Store, spec: ModelSpec, record: Record) -> None:
    start(store, spec)
    store.discard(spec)
    store.discard_workspace(made(spec))
    assert store.status(made(spec)).state == "missing"
    assert files(store) == []


def test_equal_weights_have_equal_digests_whatever_their_order_and_memory_format() -> None:
    images = torch.arange(24.0).view(1, 2, 3, 4)
    one = {"a": images, "b": torch.ones(2)}
    other = {"b": torch.ones(2), "a": images.contiguous(memory_format=torch.channels_last)}
    assert digest(one) == digest(other)


@pytest.mark.parametrize(
    "other",
    [{"a": torch.tensor([1.0, 2.0000002])}, {"b": torch.tensor([1.0, 2.0])}, {"a": torch.tensor([2.0, 1.0])}],
    ids=["last bit", "name", "order"],
)
def test_different_weights_have_different_digests(other: dict[str, Tensor]) -> None:
    assert digest(other) != digest({"a": torch.tensor([1.0, 2.0])})


@pytest.mark.parametrize("size", [0, 4, 100, -1])
def test_a_damaged_table_is_named(record: Record, size: int) -> None:
    record.write_table("accuracy", TABLE, MADE_BY)
    path = record.path / "accuracy.parquet"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(StoreError) as error:
        record.table("accuracy")
    assert str(error.value).startswith(f"{path} is damaged: ")


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "accuracy.parquet"
    with pytest.raises(StoreError) as error:
        read_yaml(path)
    assert str(error.value) == f"{path} is missing"


@pytest.mark.parametrize("content", ["a: [", "- a list\n", ""], ids=["no YAML", "list", "empty"])
def test_a_damaged_configuration_is_named(record: Record, content: str) -> None:
    path = record.path / "config.yaml"
    path.write_text(content)
    with pytest.raises(StoreError) as error:
        _ = record.config
    assert str(error.value).startswith(f"{path} is damaged: ")


def test_damaged_weights_are_named(record: Record) -> None:
    path = record.path / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(StoreError) as error:
        record.weights()
    assert str(error.value).startswith(f"{path} is damaged: ")


def test_missing_weights_are_named(record: Record) -> None:
    path = record.path / "weights.safetensors"
    path.unlink()
    with pytest.raises(StoreError) as error:
        record.weights()
    assert str(error.value) == f"{path} is missing: this record was stored without its weights"


def test_a_study_and_its_environment_are_read_back(store: Store) -> None:
    study = small_study("resnet", "adanet[target_rate=0.5]", recipe={"weight_decay": 1e-5})
    store.write_study(study, {"python": "3"})
    assert store.read_study() == study
    assert store.environment() == {"python": "3"}


def test_a_folder_without_a_study_holds_no_results(store: Store) -> None:
    store.root.mkdir(parents=True)
    with pytest.raises(StoreError, match=r"study holds no results: study.yaml is missing"):
        store.read_study()


def test_a_study_of_another_format_is_refused(store: Store) -> None:
    store.write_study(small_study(), {})
    path = store.root / "study.yaml"
    path.write_text(path.read_text().replace("format: 2\n", "format: 1\n"))
    with pytest.raises(StoreError, match=r"study.yaml was written by another version of RouteBench"):
        store.read_study()


@pytest.mark.parametrize("values", [{"format": 2, "repetitions": "many"}, {"format": 2, "invented": 3}])
def test_a_study_that_is_not_valid_is_named(store: Store, values: dict[str, Any]) -> None:
    write_yaml(store.root / "study.yaml", values)
    with pytest.raises(StoreError, match=r"study.yaml is damaged: "):
        store.read_study()


@pytest.mark.parametrize("content", ["{", "{}", "[]", None], ids=["no JSON", "no digest", "no object", "missing"])
def test_an_environment_that_cannot_be_read_is_named(store: Store, content: str | None) -> None:
    path = store.root / "environment.json"
    path.parent.mkdir()
    if content is not None:
        path.write_text(content)
    with pytest.raises(StoreError) as error:
        store.environment()
    assert str(error.value).startswith(f"{path} is ")


def test_trained_records_hold_what_they_promise(trained: Campaign, records: dict[str, Record]) -> None:
    for method, record in records.items():
        assert record.spec.method == method
        assert record.config["format"] == 2
        assert len(record.history()) == trained.study.recipe.epochs
        assert digest(record.weights()) == record.config["weights"]


def _set_age(*records: Record) -> None:
    """Make records look as if they had been made a second apart, the oldest first."""
    for second, record in enumerate(records):
        record.rewrite_config(finished=f"2026-01-01T00:00:{second:02}+00:00")
