"""Arrays in a file of NumPy: parts, layouts, names of classes, and what can be wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from benchmarks.data import DataCorrupt, DataMissing, Dataset, load

Digits = tuple[NDArray[np.uint8], NDArray[np.int64]]


@pytest.fixture(scope="module")
def arrays(digits: Dataset) -> Digits:
    """300 real digits (300, 8, 8) and their labels."""
    batch = next(digits.train.batches(300))
    return batch.images[:, 0].mul(255).round().byte().numpy(), batch.labels.numpy()


def of(path: Path, **options: Any) -> Dataset:
    return load("npz", path=str(path), **options)


def medmnist(arrays: Digits, count: int = 300) -> dict[str, NDArray[Any]]:
    """As MedMNIST names and shapes them."""
    images, labels = arrays
    cuts = (("train", slice(0, 200)), ("val", slice(200, 250)), ("test", slice(250, count)))
    pixels = {f"{part}_images": images[cut] for part, cut in cuts}
    return {**pixels, **{f"{part}_labels": labels[cut, None].astype(np.uint8) for part, cut in cuts}}


def test_parts_are_those_of_medmnist(tmp_path: Path, arrays: Digits) -> None:
    stored: dict[str, Any] = medmnist(arrays)
    np.savez_compressed(tmp_path / "x.npz", **stored)
    dataset = of(tmp_path)
    assert [len(split) for split in (dataset.train, dataset.validation, dataset.test)] == [200, 50, 50]
    assert dataset.info.shape == (1, 8, 8)
    assert sorted(dataset.test.labels.tolist()) == sorted(arrays[1][250:].tolist())


def test_images_and_labels_alone_are_divided_in_three(tmp_path: Path, arrays: Digits) -> None:
    np.savez(tmp_path / "x.npz", images=arrays[0], labels=arrays[1])
    dataset = of(tmp_path / "x.npz", validation_share=0.1)
    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == 300
    assert torch.bincount(dataset.test.labels).tolist() == [6] * 10


@pytest.mark.parametrize("layout", ["NHW1", "NHWC", "NCHW"])
def test_channels_stand_first_or_last(tmp_path: Path, arrays: Digits, layout: str) -> None:
    colour = arrays[0][..., None].repeat(1 if layout == "NHW1" else 3, axis=3)
    np.savez(tmp_path / "x.npz", x=np.moveaxis(colour, 3, 1) if layout == "NCHW" else colour, y=arrays[1])
    dataset = of(tmp_path)
    assert dataset.info.shape == (1 if layout == "NHW1" else 3, 8, 8)
    shown = {image[0].mul(255).round().byte().numpy().tobytes() for image in next(dataset.train.batches(300)).images}
    assert shown <= {image.tobytes() for image in arrays[0]}


def test_classes_have_the_names_that_are_stored(tmp_path: Path, arrays: Digits) -> None:
    names = [f"digit {digit}" for digit in range(10)]
    np.savez(tmp_path / "x.npz", images=arrays[0], labels=arrays[1], classes=names)
    assert of(tmp_path).info.classes == tuple(names)


def test_images_may_be_scaled(tmp_path: Path, arrays: Digits) -> None:
    np.savez(tmp_path / "x.npz", images=arrays[0], labels=arrays[1])
    assert of(tmp_path, resize=16).info.shape == (1, 16, 16)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": None}, r"x\.npz has labels \(300,\); needed: one FILE\.npz"),
        ({"labels": np.zeros(299, np.int64)}, "images has 300 images, labels 299 labels"),
        ({"labels": np.zeros((300, 14), np.int64)}, r"labels is \(300, 14\) int64; needed is one whole number"),
        ({"labels": np.zeros(300)}, r"labels is \(300,\) float64; needed is one whole number"),
        ({"images": np.zeros((300, 8, 8))}, "images is float64; needed are bytes from 0 to 255"),
        ({"images": np.zeros((300, 8), np.uint8)}, r"images is \(300, 8\); needed is \(N, H, W\)"),
        ({"classes": np.array(["a", "b"])}, r"row \d+: label \d, of 2 classes: no such class"),
        ({"labels": np.array([None] * 300)}, "cannot be read as arrays of NumPy: Object arrays"),
    ],
)
def test_wrong_arrays_are_named(tmp_path: Path, arrays: Digits, change: dict[str, Any], message: str) -> None:
    stored = {"images": arrays[0], "labels": arrays[1], **change}
    np.savez(tmp_path / "x.npz", **{name: array for name, array in stored.items() if array is not None})
    with pytest.raises(DataCorrupt, match=message):
        of(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"nothing"])
def test_a_file_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(DataCorrupt, match=r"x\.npz cannot be read as arrays"):
        of(tmp_path)


def test_a_folder_with_several_files_asks_which(tmp_path: Path) -> None:
    for name in ("a", "b"):
        np.savez(tmp_path / f"{name}.npz", x=np.zeros(1))
    with pytest.raises(DataMissing, match=r"should have one \*\.npz, it has a\.npz, b\.npz; say which"):
        of(tmp_path)
