"""CIFAR-10 and CIFAR-100, on small files in their true format."""

from __future__ import annotations

import hashlib
import io
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision import datasets

from benchmarks.data import DataCorrupt, DataMissing, load
from benchmarks.data.cifar import CIFAR10, CIFAR100

PER_FILE = 40


class Python2Pickler(pickle.Pickler):
    """Writes NumPy types as the NumPy of 2009 did, with 0 and 1 for False and True."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, np.dtype):
            return np.dtype, (value.str[1:], 0, 1)
        return NotImplemented


def write(file: Path, content: dict[str, Any]) -> str:
    """Pickle, and answer the MD5 of the file."""
    buffer = io.BytesIO()
    Python2Pickler(buffer, protocol=2).dump(content)
    file.write_bytes(buffer.getvalue())
    return md5(file)


def md5(file: Path) -> str:
    return hashlib.md5(file.read_bytes()).hexdigest()


@pytest.fixture
def photographs(tiles: dict[str, list[Image.Image]]) -> NDArray[np.uint8]:
    """(40, 3, 32, 32) real images."""
    images = (tiles["china"] + tiles["flower"])[:PER_FILE]
    small = [np.asarray(image.resize((32, 32))) for image in images]
    return np.stack(small).transpose(0, 3, 1, 2)


@pytest.fixture
def cifar10(tmp_path: Path, photographs: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data root with 5 training files and a test file of 40 images, 4 of each class."""
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    content = {"data": photographs.reshape(PER_FILE, -1), "labels": [n % 10 for n in range(PER_FILE)]}
    sums = [[name, write(folder / name, content)] for name, _ in datasets.CIFAR10.train_list]
    monkeypatch.setattr(datasets.CIFAR10, "train_list", sums)
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [["test_batch", write(folder / "test_batch", content)]])
    meta = {"filename": "batches.meta", "key": "label_names"}
    meta["md5"] = write(folder / "batches.meta", {"label_names": list(CIFAR10.classes)})
    monkeypatch.setattr(datasets.CIFAR10, "meta", meta)
    return tmp_path


@pytest.fixture
def cifar100(tmp_path: Path, photographs: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data root with a training and a test file of 40 images, 10 each of the classes 0, 33, 66 and 99."""
    folder = tmp_path / "cifar-100-python"
    folder.mkdir()
    labels = [33 * (n % 4) for n in range(PER_FILE)]
    content = {
        "data": photographs.reshape(PER_FILE, -1),
        "fine_labels": labels,
        "coarse_labels": [0] * PER_FILE,
    }
    for attribute, name in (("train_list", "train"), ("test_list", "test")):
        monkeypatch.setattr(datasets.CIFAR100, attribute, [[name, write(folder / name, content)]])
    meta = {"filename": "meta", "key": "fine_label_names"}
    meta["md5"] = write(folder / "meta", {"fine_label_names": list(CIFAR100.classes)})
    monkeypatch.setattr(datasets.CIFAR100, "meta", meta)
    return tmp_path


def test_a_tenth_of_the_training_images_is_held_out(cifar10: Path) -> None:
    dataset = load("cifar10", data_root=cifar10)
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (180, 20, 40)


def test_the_held_out_images_are_stratified(cifar10: Path) -> None:
    assert torch.bincount(load("cifar10", data_root=cifar10).validation.labels).tolist() == [2] * 10


def test_images_are_upright_with_their_labels(cifar10: Path, photographs: NDArray[np.uint8]) -> None:
    batch = next(load("cifar10", data_root=cifar10).test.batches(PER_FILE))
    ours = {image.tobytes(): int(label) for image, label in zip(_bytes(batch.images), batch.labels, strict=True)}
    assert ours == {image.tobytes(): n % 10 for n, image in enumerate(photographs)}


def test_cifar100_has_its_fine_labels(cifar100: Path) -> None:
    dataset = load("cifar100", data_root=cifar100)
    assert torch.bincount(dataset.test.labels)[[0, 33, 66, 99]].tolist() == [10] * 4
    assert len(dataset.validation) == 4


def test_pickles_of_python_2_give_no_warning(cifar10: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(load("cifar10", data_root=cifar10).test)


@pytest.mark.parametrize("name", ["cifar10", "cifar100", "svhn"])
def test_without_a_data_root_the_message_asks_for_one(name: str) -> None:
    with pytest.raises(DataMissing, match=rf"give --data-root DIR or set ROUTEBENCH_DATA \({name}\[download=True\]"):
        load(name)


def test_an_absent_file_is_missing(cifar10: Path) -> None:
    (cifar10 / "cifar-10-batches-py" / "data_batch_3").unlink()
    with pytest.raises(DataMissing, match=r"data_batch_3 is not there .*download=True"):
        load("cifar10", data_root=cifar10)


def test_a_truncated_file_is_corrupt(cifar10: Path) -> None:
    file = cifar10 / "cifar-10-batches-py" / "data_batch_3"
    file.write_bytes(file.read_bytes()[:1_000])
    with pytest.raises(DataCorrupt, match=r"data_batch_3 is damaged .*MD5 differs"):
        load("cifar10", data_root=cifar10)


def test_damaged_names_of_classes_are_corrupt(cifar100: Path) -> None:
    (cifar100 / "cifar-100-python" / "meta").write_bytes(b"")
    with pytest.raises(DataCorrupt, match="meta is damaged"):
        load("cifar100", data_root=cifar100)


def test_an_unreadable_pickle_is_corrupt(cifar10: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = cifar10 / "cifar-10-batches-py" / "test_batch"
    file.write_bytes(b"no pickle")
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [["test_batch", md5(file)]])
    with pytest.raises(DataCorrupt, match=r"cifar10: cannot read .*test_batch"):
        load("cifar10", data_root=cifar10)


def test_a_failed_download_is_missing_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(datasets.CIFAR10, "download", refuse)
    with pytest.raises(DataMissing, match="the download failed: no route to host"):
        load("cifar10", data_root=tmp_path, download=True)


def _bytes(images: torch.Tensor) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = (images * 255).round().to(torch.uint8).numpy()
    return pixels
