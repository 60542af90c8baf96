"""Data sets by name, with options."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.data import Dataset, dataset, describe, load, module_of, names
from benchmarks.data.catalogue import DATASETS
from benchmarks.data.embedded import MNIST5K
from benchmarks.records.store import Store
from tests import examples
from tests.benchmarks.cases import NOT_MEASURED, identity_of, ignore, job, models, small_study


def test_the_default_of_the_suite_comes_first() -> None:
    assert names()[0] == "mnist5k"


def test_all_data_sets_are_listed() -> None:
    expected = {"mnist5k", "digits", "fashion-mnist", "cifar10", "cifar10-jpeg", "cifar100", "svhn"}
    expected |= {"tiny-imagenet", "imagenette", "imagefolder", "parquet", "npz", "cifar-batches"}
    expected |= {"torchvision", "huggingface"}
    assert set(names()) == expected


@pytest.mark.parametrize("name", names())
def test_every_data_set_is_described_without_its_files(name: str) -> None:
    description = describe(name)
    assert description.name == name
    assert description.title
    assert description.source
    assert {"train", "test"} <= set(description.options)


def test_a_description_agrees_with_the_data(mnist5k: Dataset) -> None:
    description = describe("mnist5k")
    assert description.shape == mnist5k.info.shape == (1, 28, 28)
    assert description.classes == len(mnist5k.info.classes) == 10


@pytest.mark.parametrize("name", ["cifar10", "cifar100", "svhn"])
def test_colour_images_are_32_pixels_wide(name: str) -> None:
    assert describe(name).shape == (3, 32, 32)


def test_cifar100_has_100_classes() -> None:
    assert describe("cifar100").classes == 100


def test_the_files_decide_about_an_image_folder() -> None:
    assert describe("imagefolder").shape is None
    assert describe("imagefolder").classes is None


def test_an_unknown_name_is_answered_with_the_nearest_and_all() -> None:
    with pytest.raises(ValueError, match=r"'cifar-10'; did you mean cifar10.*\(valid: mnist5k, digits"):
        load("cifar-10")


def test_a_description_of_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown data set 'nothing'"):
        describe("nothing")


def test_an_unknown_option_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="unknown option of fashion-mnist 'downlod'; did you mean download"):
        load("fashion-mnist", downlod=True)


def test_an_option_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(ValueError, match="option download of cifar10 must be bool, not 1"):
        load("cifar10", download=1)


@pytest.mark.parametrize("size", [True, "32", 32.0])
def test_a_whole_number_is_nothing_else(size: object, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="option crop of imagefolder must be int"):
        load("imagefolder", data_root=tmp_path, crop=size)


@pytest.mark.parametrize(("option", "value"), [("mean", True), ("mean", "0.5"), ("validation_share", (0.1,))])
def test_the_types_of_an_option_are_named(option: str, value: object, tmp_path: Path) -> None:
    options: dict[str, Any] = {option: value}
    with pytest.raises(ValueError, match=f"option {option} of parquet must be float"):
        load("parquet", data_root=tmp_path, **options)


def test_train_and_test_limit_their_splits_alone(mnist5k: Dataset) -> None:
    part = load("mnist5k", train=100, test=50)
    assert (len(part.train), len(part.validation), len(part.test)) == (100, 500, 50)
    assert torch.equal(part.train.labels, mnist5k.train.labels[:100])


def test_a_limited_split_is_representative() -> None:
    assert torch.bincount(load("mnist5k", train=100).train.labels).tolist() == [10] * 10


def test_a_limit_changes_the_fingerprint(mnist5k: Dataset) -> None:
    marks = {load("mnist5k", train=100).fingerprint, load("mnist5k", test=100).fingerprint}
    assert len(marks | {mnist5k.fingerprint}) == 3


def test_a_limit_at_the_full_size_does_not_change_the_fingerprint(mnist5k: Dataset) -> None:
    assert load("mnist5k", train=3_500).fingerprint == mnist5k.fingerprint


def test_more_samples_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="mnist5k has 3500 train samples, not 3501"):
        load("mnist5k", train=3_501)


def test_no_samples_is_refused() -> None:
    with pytest.raises(ValueError, match="option test of mnist5k must be at least 1, not 0"):
        load("mnist5k", test=0)


@pytest.mark.parametrize("name", names())
def test_a_data_set_is_read_by_the_module_that_declares_it(name: str) -> None:
    family = {"mnist5k": "embedded", "digits": "embedded", "fashion-mnist": "fashion"}
    family |= {"cifar10": "cifar", "cifar100": "cifar", "torchvision": "torchvision_classes"}
    assert module_of(name) == f"benchmarks.data.{family.get(name, name.replace('-', '_'))}"


PLUGIN = (Path(examples.__file__).parent / "parity.py").read_text()


@pytest.fixture
def parity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A module outside of the project that declares a data set."""
    (tmp_path / "parity_plugin.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "parity_plugin", raising=False)
    import_module("parity_plugin")
    yield
    DATASETS.remove("parity")


@pytest.mark.usefixtures("parity")
def test_a_data_set_of_a_plug_in_is_listed_last_and_loaded_with_its_limits() -> None:
    assert names()[-1] == "parity"
    assert describe("parity").classes == 2
    part = load("parity", train=100)
    assert (len(part.train), len(part.validation), len(part.test)) == (100, 180, 360)
    # the 1,797 digits have 891 even ones, and every prefix is representative
    assert 45 <= int(part.train.labels.sum()) <= 55


@pytest.mark.usefixtures("parity")
def test_a_network_learns_from_a_data_set_of_a_plug_in(tmp_path: Path) -> None:
    task = job(tmp_path, small_study(dataset="parity", evaluation=NOT_MEASURED))
    task.run(ignore)
    (record,) = Store(tmp_path).readable_records()
    answers = record.table("accuracy")
    assert (answers["label"] == answers["prediction"]).mean() > 0.8


def test_another_data_set_changes_no_records_identity(request: pytest.FixtureRequest) -> None:
    (spec,) = models(small_study("adanet"))
    before = identity_of(spec).name
    request.getfixturevalue("parity")
    assert "parity" in names()
    assert identity_of(spec).name == before


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match=r"data set 'mnist5k' of .* is there already: .*embedded\.read_mnist5k has it"):

        @dataset(MNIST5K)
        def read_again(data_root: Path | None, options: Mapping[str, object]) -> Dataset:
            raise NotImplementedError
