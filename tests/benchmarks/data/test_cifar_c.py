"""CIFAR-10-C, on small files in their true format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from benchmarks.data import DataCorrupt, Dataset
from benchmarks.data.cifar import CIFAR10
from benchmarks.data.cifar_c import BENCHMARK, NAMES, CorruptedTest, cifar10_c
from benchmarks.data.splitting import hold_out

TEST = 40
LABELS = np.array([(7 * n) % 10 for n in range(TEST)], dtype=np.int64)


@pytest.fixture
def cifar10(tmp_path: Path) -> Dataset:
    """Forty test images in the data root `tmp_path`; image n of the published order is filled with n."""
    images = np.broadcast_to(np.arange(TEST, dtype=np.uint8)[:, None, None, None], (TEST, 3, 32, 32)).copy()
    dataset = hold_out(CIFAR10, (images, LABELS), (images, LABELS), validation=10)
    return replace(dataset, files=(tmp_path / "cifar-10-batches-py" / "data_batch_1",))


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Fog whose pixels are 5 times the image's number in the published order, and the severity more; and labels."""
    folder = tmp_path / "CIFAR-10-C"
    folder.mkdir()
    values = np.concatenate([5 * np.arange(TEST) + severity for severity in range(1, 6)]).astype(np.uint8)
    np.save(folder / "fog.npy", np.broadcast_to(values[:, None, None, None], (5 * TEST, 32, 32, 3)))
    np.save(folder / "labels.npy", np.tile(LABELS, 5).astype(np.uint8))
    return folder


def found(dataset: Dataset) -> CorruptedTest:
    corrupted = cifar10_c(dataset)
    assert corrupted is not None
    return corrupted


@pytest.mark.usefixtures("published")
def test_an_image_is_the_corrupted_version_of_the_one_with_its_number(cifar10: Dataset) -> None:
    corrupted = found(cifar10)
    for batch in cifar10.test.batches(16):
        numbers = batch.images.mul(255).round()[:, :, :32, :32]
        for severity in (1, 3, 5):
            images = corrupted.images("fog", severity, batch.indices.tolist())
            assert (images.shape, images.dtype) == (batch.images.shape, torch.float32)
            torch.testing.assert_close(images.mul(255).round(), 5 * numbers + severity)


@pytest.mark.usefixtures("published")
def test_fewer_test_images_are_the_first_ones(cifar10: Dataset) -> None:
    few = replace(cifar10, test=cifar10.test.take(8))
    assert torch.equal(found(few).images("fog", 2, [7]), found(cifar10).images("fog", 2, [7]))


@pytest.mark.usefixtures("published")
def test_what_is_there_is_known(cifar10: Dataset) -> None:
    assert [name for name in NAMES if found(cifar10).has(name)] == ["fog"]
    assert not found(cifar10).has("labels")


def test_without_the_folder_there_is_none(cifar10: Dataset) -> None:
    assert cifar10_c(cifar10) is None


@pytest.mark.usefixtures("published")
def test_other_data_sets_have_none(cifar10: Dataset) -> None:
    assert cifar10_c(replace(cifar10, info=replace(CIFAR10, name="cifar100"))) is None


def test_the_benchmark_has_fifteen_corruptions_and_four_more() -> None:
    assert (len(BENCHMARK), len(set(NAMES))) == (15, 19)
    assert BENCHMARK[-1] == "jpeg_compression"


@pytest.mark.parametrize(
    "labels", [np.tile(np.minimum(LABELS, 5), 5), np.concatenate([np.tile(LABELS, 4), LABELS[::-1]])]
)
def test_other_labels_are_not_those_of_cifar10(labels: NDArray[np.int64], cifar10: Dataset, published: Path) -> None:
    np.save(published / "labels.npy", labels.astype(np.uint8))
    with pytest.raises(DataCorrupt, match=r"CIFAR-10-C/labels\.npy is not as published: these are not the labels of "):
        cifar10_c(cifar10)


def test_a_file_of_another_shape_is_not_the_published_one(cifar10: Dataset, published: Path) -> None:
    np.save(published / "fog.npy", np.zeros((TEST, 32, 32, 3), dtype=np.uint8))
    with pytest.raises(DataCorrupt, match=r"fog\.npy is not as published: \(40, 32, 32, 3\) uint8, not \(200, "):
        found(cifar10).images("fog", 1, [0])


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY"])
def test_a_damaged_file_is_named(content: bytes, cifar10: Dataset, published: Path) -> None:
    (published / "fog.npy").write_bytes(content)
    with pytest.raises(DataCorrupt, match=r"fog\.npy cannot be read as an array of NumPy"):
        found(cifar10).images("fog", 1, [0])
