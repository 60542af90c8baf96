"""Classes of torchvision by name: their parts, labels and names of classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import torch
from PIL import Image
from torchvision import datasets

from benchmarks.data import DataCorrupt, DataMissing, Dataset, load

FAKE = {"size": 60, "image_size": (3, 12, 12), "num_classes": 3}


def of(name: str, **options: Any) -> Dataset:
    return load("torchvision", dataset=name, **options)


def test_a_class_without_parts_is_divided_in_three() -> None:
    dataset = of("FakeData", arguments=FAKE, validation_share=0.25)
    assert dataset.info.shape == (3, 12, 12)
    assert dataset.info.classes == ("0", "1", "2")
    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == 60


def test_images_are_those_of_the_class_with_their_labels() -> None:
    dataset = of("FakeData", arguments=FAKE)
    fake = datasets.FakeData(**FAKE)
    expected = {np.asarray(image).transpose(2, 0, 1).tobytes(): int(label) for image, label in fake}
    batch = next(dataset.test.batches(60))
    ours = {image.mul(255).round().byte().numpy().tobytes(): int(k) for image, k in zip(*batch[:2], strict=True)}
    assert ours.items() <= expected.items()


def test_parts_by_a_word_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, digits: Dataset) -> None:
    """SVHN's files: (32, 32, 3, N) and labels from 1 to 10, where 10 is the digit 0."""
    for part, count in (("train", 40), ("test", 20)):
        pixels = np.zeros((32, 32, 3, count), np.uint8)
        pixels[:16] = np.arange(count)
        labels = np.array([[n % 10 + 1] for n in range(count)])
        scipy.io.savemat(tmp_path / f"{part}_32x32.mat", {"X": pixels, "y": labels})
    monkeypatch.setattr(datasets.SVHN, "_check_integrity", lambda self: True)
    dataset = of("SVHN", data_root=tmp_path)
    assert (len(dataset.train) + len(dataset.validation), len(dataset.test)) == (40, 20)
    assert torch.bincount(dataset.test.labels).tolist() == [2] * 10


def test_parts_by_a_switch_have_the_names_of_classes(tmp_path: Path) -> None:
    (tmp_path / "FashionMNIST" / "raw").mkdir(parents=True)
    for name, count in (("train", 40), ("t10k", 20)):
        pixels, labels = np.arange(count * 784, dtype=np.uint8).tobytes(), bytes(range(10)) * (count // 10)
        head = b"".join(n.to_bytes(4, "big") for n in (0x803, count, 28, 28))
        (tmp_path / "FashionMNIST" / "raw" / f"{name}-images-idx3-ubyte").write_bytes(head + pixels)
        head = b"".join(n.to_bytes(4, "big") for n in (0x801, count))
        (tmp_path / "FashionMNIST" / "raw" / f"{name}-labels-idx1-ubyte").write_bytes(head + labels)
    dataset = of("FashionMNIST", data_root=tmp_path)
    assert dataset.info.classes[0] == "T-shirt/top"
    assert (dataset.info.shape, len(dataset.test)) == ((1, 28, 28), 20)


def test_files_that_are_not_there_are_missing_with_the_way_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"SVHN: Dataset not found.*torchvision\[dataset=SVHN, download=True\]"):
        of("SVHN", data_root=tmp_path)


def test_without_a_data_root_it_is_asked_for() -> None:
    with pytest.raises(DataMissing, match="SVHN is read from a folder: give --data-root DIR"):
        of("SVHN")


def test_nothing_is_downloaded_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object) -> None:
        raise AssertionError("downloads")

    monkeypatch.setattr(datasets.SEMEION, "download", refuse)  # whose own default is to download
    with pytest.raises(DataMissing, match="SEMEION"):
        of("SEMEION", data_root=tmp_path)


def test_an_unknown_class_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="unknown dataset of torchvision 'SVNH'; did you mean SVHN"):
        of("SVNH")


def test_labels_that_are_no_class_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def boxes(self: object, index: int) -> tuple[Image.Image, Any]:
        return Image.new("RGB", (12, 12)), {"boxes": index}

    monkeypatch.setattr(datasets.FakeData, "__getitem__", boxes)
    with pytest.raises(DataCorrupt, match="FakeData, train: its labels are dict, not one class per image"):
        of("FakeData", arguments=FAKE)


def test_what_does_not_fit_into_memory_is_refused() -> None:
    with pytest.raises(ValueError, match=r"FakeData of torchvision needs \d+\.\d GiB of memory, more than 2"):
        of("FakeData", arguments={"size": 60, "image_size": (3, 8, 8), "num_classes": 3}, resize=4096)
