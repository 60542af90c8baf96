"""A user's own images in CIFAR's format, which `cifar10` refuses."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.data import DataCorrupt, DataMissing, Dataset, load


@pytest.fixture
def batches(tmp_path: Path, digits: Dataset) -> Path:
    """Two training files of 100 real digits in colour and a test file of 50."""
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    batch = next(digits.train.batches(250))
    rows = batch.images.mul(255).round().byte().repeat(1, 3, 1, 1).flatten(1).numpy()
    for name, part in (
        ("data_batch_1", slice(0, 100)),
        ("data_batch_2", slice(100, 200)),
        ("test_batch", slice(200, 250)),
    ):
        dump(folder / name, {b"data": rows[part], b"labels": batch.labels[part].tolist()})
    dump(folder / "batches.meta", {"label_names": [f"digit {digit}" for digit in range(10)]})
    return tmp_path


def dump(file: Path, content: Any) -> None:
    file.write_bytes(pickle.dumps(content, protocol=2))


def test_own_files_are_refused_as_cifar10_with_the_way_to_use_them(batches: Path) -> None:
    for name in ("data_batch_3", "data_batch_4", "data_batch_5"):
        (batches / "cifar-10-batches-py" / name).touch()
    with pytest.raises(DataCorrupt) as caught:
        load("cifar10", data_root=batches)
    line = str(caught.value)
    assert "delete" not in line
    assert "Data of your own in this format: cifar-batches[path=cifar-10-batches-py]" in line


def test_own_files_of_any_size_are_read(batches: Path, digits: Dataset) -> None:
    dataset = load("cifar-batches", data_root=batches, path="cifar-10-batches-py", channels=1)
    assert dataset.info.shape == (1, 8, 8)
    assert dataset.info.classes[3] == "digit 3"
    assert (len(dataset.train) + len(dataset.validation), len(dataset.test)) == (200, 50)
    first = next(digits.train.batches(250))
    expected = {image.numpy().tobytes() for image in first.images[200:].mul(255).round().byte()}
    assert {
        image.mul(255).round().byte().numpy().tobytes() for image in next(dataset.test.batches(50)).images
    } == expected


def test_a_pickle_that_would_run_code_is_not_read(batches: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(batches / "run"),)

    dump(batches / "cifar-10-batches-py" / "data_batch_1", {"data": Evil(), "labels": []})
    with pytest.raises(DataCorrupt, match=r"data_batch_1 cannot be read .* it names posix\.mkdir"):
        load("cifar-batches", data_root=batches, path="cifar-10-batches-py")
    assert not (batches / "run").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1], "data_batch_1 has list, not a dictionary"),
        ({"x": 1}, r"data_batch_1 has x; needed: data \(N, 3 x H x W\) uint8"),
        ({"data": np.zeros((2, 100), np.uint8), "labels": [0, 1]}, r"data is \(2, 100\) with 2 labels"),
        ({"data": np.zeros((2, 12), np.uint8), "labels": [0]}, r"data is \(2, 12\) with 1 labels"),
    ],
)
def test_wrong_contents_are_named(batches: Path, content: Any, message: str) -> None:
    dump(batches / "cifar-10-batches-py" / "data_batch_1", content)
    with pytest.raises(DataCorrupt, match=message):
        load("cifar-batches", data_root=batches, path="cifar-10-batches-py")


def test_files_without_names_of_classes_have_numbers(batches: Path) -> None:
    (batches / "cifar-10-batches-py" / "batches.meta").unlink()
    dataset = load("cifar-batches", data_root=batches, path="cifar-10-batches-py")
    assert dataset.info.classes == tuple("0123456789")
    assert torch.bincount(dataset.test.labels).sum() == 50


def test_a_folder_without_such_files_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"has no data_batch_\* and no train"):
        load("cifar-batches", data_root=tmp_path)
