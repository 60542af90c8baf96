"""CIFAR-10 JPEG: on small files of the same form, and on the whole data set where there is one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.data import DataCorrupt, DataMissing, Dataset, load
from benchmarks.data.cifar import CIFAR10
from benchmarks.data.cifar10_jpeg import CIFAR10_JPEG
from benchmarks.data.sources import pixels
from tests.benchmarks.data.conftest import jpeg, write_parquet

COUNT = 40
LABELS = [n % 10 for n in range(COUNT)]


@pytest.fixture
def photographs(tiles: dict[str, list[Image.Image]]) -> list[Image.Image]:
    """40 real images of 32 x 32 pixels."""
    return [image.resize((32, 32)) for image in (tiles["china"] + tiles["flower"])[:COUNT]]


@pytest.fixture
def root(tmp_path: Path, photographs: list[Image.Image]) -> Path:
    """A data root with 40 training and 40 test images, in reverse."""
    encoded = [jpeg(image) for image in photographs]
    write_parquet(tmp_path / "cifar10-jpeg" / "train-00000-of-00001.parquet", encoded, LABELS, CIFAR10.classes)
    reverse = (encoded[::-1], LABELS[::-1], CIFAR10.classes)
    write_parquet(tmp_path / "cifar10-jpeg" / "test-00000-of-00001.parquet", *reverse)
    return tmp_path


def test_a_tenth_of_the_training_images_is_held_out_and_stratified(root: Path) -> None:
    dataset = load("cifar10-jpeg", data_root=root)
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (36, 4, 40)
    assert int(torch.bincount(dataset.validation.labels).max()) == 1


def test_the_folder_itself_may_be_the_data_root(root: Path) -> None:
    assert (
        load("cifar10-jpeg", data_root=root / "cifar10-jpeg").fingerprint
        == load("cifar10-jpeg", data_root=root).fingerprint
    )


def test_pixels_are_those_of_the_decoded_files_with_their_labels(
    root: Path, photographs: list[Image.Image], tmp_path: Path
) -> None:
    batch = next(load("cifar10-jpeg", data_root=root).test.batches(COUNT))
    ours = {image.mul(255).round().byte().numpy().tobytes(): int(k) for image, k in zip(*batch[:2], strict=True)}
    expected = {}
    for number, image in enumerate(photographs):
        (tmp_path / "one.jpg").write_bytes(jpeg(image))
        with Image.open(tmp_path / "one.jpg") as file:
            expected[np.asarray(file).transpose(2, 0, 1).tobytes()] = LABELS[number]
    assert ours == expected


def test_images_are_decoded_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load("cifar10-jpeg", data_root=root)
    monkeypatch.setattr(pixels, "decode_all", refuse)
    assert load("cifar10-jpeg", data_root=root).fingerprint == first.fingerprint


def test_a_changed_file_is_decoded_anew(root: Path, photographs: list[Image.Image]) -> None:
    first = load("cifar10-jpeg", data_root=root)
    encoded = [jpeg(image) for image in photographs]
    encoded[3] = jpeg(photographs[3].rotate(90))
    write_parquet(root / "cifar10-jpeg" / "test-00000-of-00001.parquet", encoded[::-1], LABELS[::-1], CIFAR10.classes)
    assert load("cifar10-jpeg", data_root=root).fingerprint != first.fingerprint


def test_its_name_says_jpeg_and_epsilons_are_those_of_cifar10() -> None:
    assert "JPEG" in CIFAR10_JPEG.title
    assert CIFAR10_JPEG.epsilons == CIFAR10.epsilons
    assert CIFAR10_JPEG.augmentation == CIFAR10.augmentation


def test_without_its_files_the_places_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"give --data-root DIR or set ROUTEBENCH_DATA \(needed: train\*\.parquet"):
        load("cifar10-jpeg")
    with pytest.raises(DataMissing, match=r"neither .*/cifar10-jpeg nor .* has train\*\.parquet"):
        load("cifar10-jpeg", data_root=tmp_path)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def other_classes(file: Path) -> None:
    write_parquet(file, [jpeg(Image.new("RGB", (32, 32)))] * COUNT, LABELS, CIFAR10.classes[::-1])


def no_images(file: Path) -> None:
    write_parquet(file, [b"no image"] * COUNT, LABELS, CIFAR10.classes)


def larger(file: Path) -> None:
    write_parquet(file, [jpeg(Image.new("RGB", (48, 32)))] * COUNT, LABELS, CIFAR10.classes)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut, "train-00000-of-00001.parquet cannot be read as parquet"),
        (other_classes, r"is not CIFAR-10: .* other images are read by parquet\[path=FOLDER\]"),
        (no_images, "train-00000-of-00001.parquet, row 0, column image cannot be read as an image: of no known kind"),
        (larger, "row 0, column image is 48 x 32 pixels, others are 32 x 32"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(root: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(root / "cifar10-jpeg" / "train-00000-of-00001.parquet")
    with pytest.raises(DataCorrupt, match=message):
        load("cifar10-jpeg", data_root=root)


@pytest.fixture
def whole() -> Dataset:
    if "ROUTEBENCH_DATA" not in os.environ:
        pytest.skip("needs CIFAR-10 JPEG under ROUTEBENCH_DATA")
    try:
        return load("cifar10-jpeg", data_root=Path(os.environ["ROUTEBENCH_DATA"]))
    except DataMissing as error:
        pytest.skip(str(error))


def test_the_whole_data_set_has_the_mean_and_deviation_that_networks_are_told(whole: Dataset) -> None:
    assert (len(whole.train), len(whole.validation), len(whole.test)) == (45_000, 5_000, 10_000)
    assert torch.bincount(whole.validation.labels).tolist() == [500] * 10
    images = next(whole.train.batches(10_000)).images
    assert torch.allclose(images.mean((0, 2, 3)), torch.tensor(whole.info.mean), atol=0.003)
    assert torch.allclose(images.std((0, 2, 3)), torch.tensor(whole.info.std), atol=0.003)


def refuse(*arguments: object) -> None:
    raise AssertionError("images are decoded again")
