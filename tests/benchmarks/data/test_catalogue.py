"""Data sets by name, with options."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks.data import Dataset, describe, load, names


def test_the_default_of_the_suite_comes_first() -> None:
    assert names()[0] == "mnist5k"


def test_all_data_sets_are_listed() -> None:
    expected = {"mnist5k", "digits", "fashion-mnist", "cifar10", "cifar100", "svhn", "imagefolder"}
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
    with pytest.raises(ValueError, match=r"'cifar-10': did you mean cifar10.*valid are mnist5k, digits"):
        load("cifar-10")


def test_a_description_of_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="no data set is named 'nothing'"):
        describe("nothing")


def test_an_unknown_option_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="option of fashion-mnist is named 'downlod': did you mean download"):
        load("fashion-mnist", downlod=True)


def test_an_option_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(ValueError, match="option download of cifar10 must be bool, not 1"):
        load("cifar10", download=1)


@pytest.mark.parametrize("size", [True, "32", None])
def test_a_whole_number_is_nothing_else(size: object, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="option size of imagefolder must be int"):
        load("imagefolder", data_root=tmp_path, size=size)


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
