"""A folder of images: listing, splits, and what can be wrong with it."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.data import DataCorrupt, DataMissing, load
from benchmarks.data.imagefolder import hold_out_of_each_class, list_images


def test_one_image_of_each_small_class_is_held_out(folder: Path) -> None:
    dataset = load("imagefolder", data_root=folder)
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (30, 2, 16)
    assert torch.bincount(dataset.validation.labels).tolist() == [1, 1]


def test_two_percent_of_a_large_class_are_held_out(tmp_path: Path) -> None:
    for name, count in (("large", 400), ("small", 100)):
        (tmp_path / name).mkdir()
        for number in range(count):
            (tmp_path / name / f"{number}.png").touch()
    pool = list_images(tmp_path)
    train, validation = hold_out_of_each_class(pool)
    assert np.bincount(pool.labels[validation]).tolist() == [8, 2]
    assert sorted([*train, *validation]) == list(range(500))


def test_classes_are_the_sorted_names_of_folders(folder: Path) -> None:
    assert load("imagefolder", data_root=folder).info.classes == ("china", "flower")


@pytest.mark.parametrize(("size", "preset"), [(32, "small"), (64, "small"), (65, "imagenet"), (224, "imagenet")])
def test_the_size_of_images_decides_the_scale_of_networks(folder: Path, size: int, preset: str) -> None:
    info = load("imagefolder", data_root=folder, size=size).info
    assert info.shape == (3, size, size)
    assert info.preset == preset


def test_hidden_files_and_other_types_are_passed_over(folder: Path) -> None:
    for name in (".hidden.png", "notes.txt"):
        (folder / "val" / "china" / name).touch()
    (folder / "val" / ".cache").mkdir()
    assert len(load("imagefolder", data_root=folder).test) == 16


def test_suffixes_in_capitals_are_images(folder: Path) -> None:
    file = folder / "val" / "china" / "00.png"
    file.rename(file.with_suffix(".PNG"))
    assert len(load("imagefolder", data_root=folder).test) == 16


def test_the_order_of_files_on_disk_does_not_matter(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for file in sorted(folder.glob("*/*/*"), reverse=True):
        target = copy / file.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    marks = {load("imagefolder", data_root=root).fingerprint for root in (folder, copy)}
    assert len(marks) == 1


def test_the_fingerprint_depends_on_size_and_files_but_not_on_workers(folder: Path) -> None:
    before = load("imagefolder", data_root=folder, size=32, workers=0).fingerprint
    assert load("imagefolder", data_root=folder, size=32, workers=2).fingerprint == before
    assert load("imagefolder", data_root=folder, size=64).fingerprint != before
    (folder / "val" / "china" / "00.png").unlink()
    assert load("imagefolder", data_root=folder, size=32).fingerprint != before


def test_classes_that_differ_are_named(folder: Path) -> None:
    (folder / "val" / "flower").rename(folder / "val" / "tree")
    with pytest.raises(DataCorrupt, match=r"only in train \['flower'\], only in val \['tree'\]"):
        load("imagefolder", data_root=folder)


def test_an_absent_part_is_missing(folder: Path) -> None:
    shutil.rmtree(folder / "val")
    with pytest.raises(DataMissing, match="val is not there; needed are train/CLASS/"):
        load("imagefolder", data_root=folder)


def test_a_part_without_class_folders_is_missing(folder: Path) -> None:
    shutil.rmtree(folder / "train")
    (folder / "train").mkdir()
    (folder / "train" / "image.jpg").touch()
    with pytest.raises(DataMissing, match="train has no class folders"):
        load("imagefolder", data_root=folder)


def test_a_class_without_images_is_named(folder: Path) -> None:
    (folder / "train" / "empty").mkdir()
    with pytest.raises(DataMissing, match=r"train/empty has no images \(\.bmp, "):
        load("imagefolder", data_root=folder)


def test_a_class_with_a_single_training_image_is_named(folder: Path) -> None:
    for file in sorted((folder / "train" / "flower").iterdir())[1:]:
        file.unlink()
    with pytest.raises(DataMissing, match="train/flower needs 2 images"):
        load("imagefolder", data_root=folder)


@pytest.mark.parametrize(
    ("option", "value", "message"), [("size", 0, "at least 1 pixel"), ("workers", -1, "at least 0")]
)
def test_options_out_of_range_are_refused(folder: Path, option: str, value: int, message: str) -> None:
    with pytest.raises(ValueError, match=f"{option} of imagefolder must be {message}, not {value}"):
        load("imagefolder", data_root=folder, **{option: value})


def test_files_fall_into_one_split_each(folder: Path) -> None:
    dataset = load("imagefolder", data_root=folder, size=32, workers=0)
    pixels = [
        image.numpy().tobytes() for s in (dataset.train, dataset.validation) for image in next(s.batches(32)).images
    ]
    assert max(Counter(pixels).values()) == 1
    assert len(pixels) == 32
