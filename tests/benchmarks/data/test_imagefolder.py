"""Folders of images: with parts or flat, their splits, and what can be wrong with them."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from benchmarks.data import DataCorrupt, DataMissing, Dataset, load


def of(folder: Path, **options: Any) -> Dataset:
    return load("imagefolder", data_root=folder, **options)


def test_a_quarter_of_few_images_is_held_out_of_each_class(folder: Path) -> None:
    dataset = of(folder)
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (24, 8, 16)
    assert torch.bincount(dataset.validation.labels).tolist() == [4, 4]


def test_the_share_that_is_held_out_may_be_given(folder: Path) -> None:
    assert torch.bincount(of(folder, validation_share=0.13).validation.labels).tolist() == [2, 2]


def test_validation_images_of_their_own_are_taken_where_there_are_test_images(folder: Path) -> None:
    shutil.copytree(folder / "val", folder / "test")
    dataset = of(folder)
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (32, 16, 16)


def test_a_flat_folder_is_divided_in_three(folder: Path) -> None:
    dataset = of(folder / "train", test_share=0.25, validation_share=0.25)
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (18, 6, 8)
    pixels = [
        image.numpy().tobytes()
        for split in (dataset.train, dataset.validation, dataset.test)
        for image in next(split.batches(32)).images
    ]
    assert max(Counter(pixels).values()) == 1


def test_another_seed_divides_otherwise(folder: Path) -> None:
    assert of(folder / "train", split_seed=1).fingerprint != of(folder / "train", split_seed=2).fingerprint


@pytest.mark.parametrize("name", ["valid", "validation", "dev", "Val"])
def test_parts_are_known_by_their_usual_names(folder: Path, name: str) -> None:
    (folder / "val").rename(folder / name)
    (folder / "train").rename(folder / "training")
    assert len(of(folder).test) == 16


def test_classes_are_the_sorted_names_of_folders(folder: Path) -> None:
    assert of(folder).info.classes == ("china", "flower")


def test_images_of_one_size_keep_it(folder: Path) -> None:
    assert of(folder).info.shape == (3, 100, 100)


def test_images_of_the_size_asked_for_are_not_scaled(folder: Path, tiles: dict[str, list[Image.Image]]) -> None:
    """100 pixels were scaled to 114 and cut back to 100."""
    shown = {
        image.mul(255).round().byte().numpy().tobytes() for image in next(of(folder, crop=100).test.batches(16)).images
    }
    for images in tiles.values():
        pixels = torch.frombuffer(bytearray(images[20].tobytes()), dtype=torch.uint8).view(100, 100, 3)
        assert pixels.permute(2, 0, 1).contiguous().numpy().tobytes() in shown


def test_resize_alone_takes_the_middle_square(folder: Path) -> None:
    Image.new("RGB", (200, 100)).save(folder / "val" / "china" / "wide.png")
    assert of(folder, resize=50).info.shape == (3, 50, 50)


def test_images_that_differ_in_size_are_named_with_the_ways_out(folder: Path) -> None:
    Image.new("RGB", (200, 100)).save(folder / "train" / "china" / "00.jpg")
    with pytest.raises(DataCorrupt, match=r"differ in size: 200 x 100 pixels \(.*00\.jpg\), 100 x 100 \(.*crop=PIXELS"):
        of(folder)


def test_a_test_image_of_another_size_is_named(folder: Path) -> None:
    Image.new("RGB", (200, 100)).save(folder / "val" / "china" / "odd.png")
    with pytest.raises(DataCorrupt, match=r"odd\.png is 200 x 100 pixels, others are 100 x 100; give the size"):
        next(of(folder, workers=0).test.batches(17))


@pytest.mark.parametrize(("size", "preset"), [(32, "small"), (64, "small"), (65, "imagenet"), (224, "imagenet")])
def test_the_size_of_images_decides_the_scale_of_networks(folder: Path, size: int, preset: str) -> None:
    info = of(folder, crop=size).info
    assert info.shape == (3, size, size)
    assert info.preset == preset


def test_small_images_are_in_memory_and_padded_in_training(folder: Path) -> None:
    small, large = of(folder, crop=32).info.augmentation, of(folder, crop=96).info.augmentation
    assert (small.crop_padding, small.flip) == (4, True)
    assert (large.crop_padding, large.flip) == (0, True)


def test_grey_images_have_one_channel_and_are_not_mirrored(folder: Path) -> None:
    for file in folder.glob("*/*/*"):
        with Image.open(file) as image:
            image.convert("L").save(file)
    info = of(folder, crop=32).info
    assert info.shape == (1, 32, 32)
    assert not info.augmentation.flip
    assert of(folder, crop=32, channels=3).info.shape == (3, 32, 32)


def test_mean_and_deviation_are_those_of_the_training_images(folder: Path) -> None:
    dataset = of(folder, crop=32)
    images = next(dataset.train.batches(24)).images.double()
    assert dataset.info.mean == pytest.approx(images.mean((0, 2, 3)).tolist(), abs=1e-4)
    assert dataset.info.std == pytest.approx(images.std((0, 2, 3), correction=0).tolist(), abs=1e-4)
    given = of(folder, crop=32, mean=0.5, std=(0.2, 0.3, 0.4)).info
    assert (given.mean, given.std) == ((0.5, 0.5, 0.5), (0.2, 0.3, 0.4))


def test_images_of_one_shade_cannot_be_normalised(folder: Path) -> None:
    for file in (folder / "train").glob("*/*"):
        Image.new("RGB", (32, 32), (9, 9, 9)).save(file)
    with pytest.raises(DataCorrupt, match=r"one shade only, .* give std="):
        of(folder, crop=32)


def test_hidden_files_and_other_types_are_passed_over(folder: Path) -> None:
    for name in (".hidden.png", "notes.txt"):
        (folder / "val" / "china" / name).touch()
    (folder / "val" / ".cache").mkdir()
    assert len(of(folder).test) == 16


def test_suffixes_in_capitals_are_images(folder: Path) -> None:
    file = folder / "val" / "china" / "00.png"
    file.rename(file.with_suffix(".PNG"))
    assert len(of(folder).test) == 16


def test_the_order_of_files_on_disk_does_not_matter(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for file in sorted(folder.glob("*/*/*"), reverse=True):
        target = copy / file.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    assert len({of(root).fingerprint for root in (folder, copy)}) == 1


@pytest.mark.parametrize("in_memory", [False, True])
def test_the_fingerprint_depends_on_size_and_files_but_not_on_workers(folder: Path, in_memory: bool) -> None:
    before = of(folder, crop=32, workers=0, in_memory=in_memory).fingerprint
    assert of(folder, crop=32, workers=2, in_memory=in_memory).fingerprint == before
    assert of(folder, crop=64, in_memory=in_memory).fingerprint != before
    (folder / "val" / "china" / "00.png").unlink()
    assert of(folder, crop=32, in_memory=in_memory).fingerprint != before


def test_classes_that_differ_are_named(folder: Path) -> None:
    (folder / "val" / "flower").rename(folder / "val" / "tree")
    with pytest.raises(DataCorrupt, match=r"only in train \['flower'\], only in val \['tree'\]"):
        of(folder)


def test_a_part_without_class_folders_is_missing(folder: Path) -> None:
    (folder / "test").mkdir()
    (folder / "test" / "image.jpg").touch()
    with pytest.raises(DataMissing, match=r"test has no class folders.*without labels must be taken away"):
        of(folder)


def test_without_training_images_the_parts_that_are_there_are_named(folder: Path) -> None:
    shutil.rmtree(folder / "train")
    with pytest.raises(DataMissing, match="there are no training images, only validation"):
        of(folder)


def test_a_class_without_images_is_named(folder: Path) -> None:
    (folder / "train" / "empty").mkdir()
    with pytest.raises(DataMissing, match=r"train/empty has no images \(\.bmp, "):
        of(folder)


def test_a_single_class_is_refused(folder: Path) -> None:
    for part in ("train", "val"):
        shutil.rmtree(folder / part / "flower")
    with pytest.raises(DataMissing, match="there is one class only, china"):
        of(folder)


def test_two_folders_of_one_part_are_refused(folder: Path) -> None:
    (folder / "valid").mkdir()
    with pytest.raises(DataCorrupt, match=r"val and .*valid are both for validation"):
        of(folder)


def test_a_path_is_below_the_data_root_or_whole(folder: Path) -> None:
    below = load("imagefolder", data_root=folder.parent, path=folder.name)
    assert load("imagefolder", path=str(folder)).fingerprint == below.fingerprint


def test_padding_is_for_images_in_memory(folder: Path) -> None:
    with pytest.raises(ValueError, match="crop_padding of imagefolder is for images in memory"):
        of(folder, crop=96, crop_padding=4)
    assert of(folder, crop=32, crop_padding=2).info.augmentation.crop_padding == 2
