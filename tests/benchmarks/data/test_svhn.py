"""SVHN, on small files in its true format."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat
from torchvision import datasets

from benchmarks.data import DataCorrupt, DataMissing, load

COUNT = 40


def use_own_sums(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let torchvision expect the files that are there."""
    sums = {}
    for part in ("train", "test"):
        file = root / f"{part}_32x32.mat"
        sums[part] = ["nowhere", file.name, hashlib.md5(file.read_bytes()).hexdigest()]
    monkeypatch.setattr(datasets.SVHN, "split_list", sums)


@pytest.fixture
def svhn(tmp_path: Path, tiles: dict[str, list[Image.Image]], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data root with 40 training and 40 test images, labels 1 to 10 in turns."""
    photographs = (tiles["china"] + tiles["flower"])[:COUNT]
    images = np.stack([np.asarray(image.resize((32, 32))) for image in photographs], axis=3)
    labels = (np.arange(COUNT) % 10 + 1).astype(np.uint8)[:, None]
    for part in ("train", "test"):
        savemat(tmp_path / f"{part}_32x32.mat", {"X": images, "y": labels})
    use_own_sums(tmp_path, monkeypatch)
    return tmp_path


def test_6000_in_73257_are_held_out(svhn: Path) -> None:
    dataset = load("svhn", data_root=svhn)
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (37, 3, 40)


def test_label_10_is_the_digit_0(svhn: Path, tiles: dict[str, list[Image.Image]]) -> None:
    batch = next(load("svhn", data_root=svhn).test.batches(COUNT))
    tenth = torch.from_numpy(np.array(tiles["china"][9].resize((32, 32)))).permute(2, 0, 1)
    (found,) = ((batch.images * 255).round() == tenth).flatten(1).all(1).nonzero().flatten()
    assert batch.labels[found] == 0


def test_training_images_are_not_augmented(svhn: Path) -> None:
    train = load("svhn", data_root=svhn).train
    plain, augmented = (
        next(train.batches(40, generator=torch.Generator().manual_seed(0), augment=augment)).images
        for augment in (False, True)
    )
    assert torch.equal(plain, augmented)


def test_an_absent_file_is_missing(svhn: Path) -> None:
    (svhn / "test_32x32.mat").unlink()
    with pytest.raises(DataMissing, match=r"test_32x32\.mat is not there"):
        load("svhn", data_root=svhn)


def test_a_truncated_file_is_corrupt(svhn: Path) -> None:
    file = svhn / "train_32x32.mat"
    file.write_bytes(file.read_bytes()[:2_000])
    with pytest.raises(DataCorrupt, match=r"train_32x32\.mat is damaged .*MD5 differs"):
        load("svhn", data_root=svhn)


@pytest.mark.parametrize("content", [b"", b"no matrix" * 100], ids=["empty", "text"])
def test_an_unreadable_matrix_file_is_corrupt(svhn: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    (svhn / "test_32x32.mat").write_bytes(content)
    use_own_sums(svhn, monkeypatch)
    with pytest.raises(DataCorrupt, match=r"svhn: cannot read .*test_32x32\.mat"):
        load("svhn", data_root=svhn)
