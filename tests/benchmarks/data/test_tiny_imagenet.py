"""Tiny ImageNet, on a small folder in the layout of its archive."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from benchmarks.data import DataCorrupt, DataMissing, load
from benchmarks.data.imagenette import CLASSES

WNIDS = ("n01443537", "n01629819", "n02124075")


@pytest.fixture
def root(tmp_path: Path, tiles: dict[str, list[Image.Image]]) -> Path:
    """A data root with 8 training and 4 validation images of each of three classes."""
    folder = tmp_path / "tiny-imagenet-200"
    images = [image.resize((64, 64)) for image in tiles["china"] + tiles["flower"]]
    lines: list[str] = []
    (folder / "val" / "images").mkdir(parents=True)
    for place, wnid in enumerate(WNIDS):
        (folder / "train" / wnid / "images").mkdir(parents=True)
        for number in range(8):
            images[12 * place + number].save(folder / "train" / wnid / "images" / f"{wnid}_{number}.JPEG")
        for number in range(4):
            name = f"val_{len(lines)}.JPEG"
            images[12 * place + 8 + number].save(folder / "val" / "images" / name)
            lines.append(f"{name}\t{wnid}\t0\t0\t63\t63")
    (folder / "val" / "val_annotations.txt").write_text("\n".join(reversed(lines)) + "\n")
    (folder / "words.txt").write_text("n01443537\tgoldfish, Carassius auratus\nn01629819\tsalamander\n")
    (folder / "test" / "images").mkdir(parents=True)
    return tmp_path


def test_validation_images_have_the_labels_of_the_annotations_and_are_for_testing(root: Path) -> None:
    dataset = load("tiny-imagenet", data_root=root)
    assert dataset.info.shape == (3, 64, 64)
    assert dataset.info.classes == ("goldfish", "salamander", "n02124075")
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (18, 6, 12)


def test_images_that_someone_sorted_into_classes_are_read_too(root: Path) -> None:
    folder = root / "tiny-imagenet-200" / "val"
    lines = (folder / "val_annotations.txt").read_text().splitlines()
    (folder / "val_annotations.txt").unlink()
    for line in lines:
        name, wnid, *_ = line.split("\t")
        (folder / wnid).mkdir(exist_ok=True)
        (folder / "images" / name).rename(folder / wnid / name)
    (folder / "images").rmdir()
    assert len(load("tiny-imagenet", data_root=root / "tiny-imagenet-200").test) == 12


def test_an_annotation_of_an_unknown_class_is_named(root: Path) -> None:
    file = root / "tiny-imagenet-200" / "val" / "val_annotations.txt"
    file.write_text(file.read_text() + "val_0.JPEG\tn0\t0\t0\t1\t1\n")
    with pytest.raises(DataCorrupt, match=r"val_annotations\.txt, line 13: 'n0' is no class of train/"):
        load("tiny-imagenet", data_root=root)


def test_an_image_of_the_annotations_that_is_not_there_is_named(root: Path) -> None:
    (root / "tiny-imagenet-200" / "val" / "images" / "val_3.JPEG").unlink()
    with pytest.raises(DataCorrupt, match=r"val_3\.JPEG"):
        load("tiny-imagenet", data_root=root)


def test_without_its_folders_the_places_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"tiny-imagenet-200 and .* lack train/ or val/"):
        load("tiny-imagenet", data_root=tmp_path)


def test_imagenette_has_names_for_its_classes_and_keeps_its_validation_for_testing(
    tmp_path: Path, tiles: dict[str, list[Image.Image]]
) -> None:
    images = iter((tiles["china"] + tiles["flower"]) * 2)
    for part, count in (("train", 4), ("val", 2)):
        for wnid in CLASSES:
            (tmp_path / "imagenette2-160" / part / wnid).mkdir(parents=True)
            for number in range(count):
                next(images).save(tmp_path / "imagenette2-160" / part / wnid / f"{number}.JPEG")
    dataset = load("imagenette", data_root=tmp_path, crop=96, workers=0)
    assert dataset.info.classes[-1] == "parachute"
    assert (dataset.info.shape, len(dataset.test)) == ((3, 96, 96), 20)
    (tmp_path / "imagenette2-160" / "val" / "n03888257").rename(tmp_path / "imagenette2-160" / "val" / "x")
    (tmp_path / "imagenette2-160" / "train" / "n03888257").rename(tmp_path / "imagenette2-160" / "train" / "x")
    with pytest.raises(DataCorrupt, match="is not Imagenette"):
        load("imagenette", data_root=tmp_path)
