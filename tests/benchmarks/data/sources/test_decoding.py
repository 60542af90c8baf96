"""Images that are decoded as they are needed, in this process and in others."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from benchmarks.data import DataCorrupt, Split, load


def train_of(folder: Path, workers: int = 0, size: int = 32) -> Split:
    return load(
        "imagefolder", data_root=folder, crop=size, workers=workers, in_memory=False, validation_share=0.05
    ).train


def everything(split: Split, seed: int | None = None, *, augment: bool = False) -> tuple[Tensor, Tensor, Tensor]:
    """Images, labels and indices of a whole pass, in batches of 7."""
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    parts = zip(*split.batches(7, generator=generator, augment=augment), strict=True)
    images, labels, indices = (torch.cat(part) for part in parts)
    return images, labels, indices


def damage(folder: Path) -> Path:
    """Cut a training image in half."""
    file = folder / "train" / "flower" / "07.jpg"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return file


def test_a_pass_in_order_is_the_middle_of_each_image(folder: Path, tiles: dict[str, list[Image.Image]]) -> None:
    """100 pixels scaled to 80 and cut to 70."""
    test = load("imagefolder", data_root=folder, crop=70, workers=0).test
    batch = next(test.batches(16))
    shown = {image.numpy().tobytes() for image in (batch.images * 255).round().to(torch.uint8)}
    for images in tiles.values():
        zoomed = images[16].resize((80, 80), Image.Resampling.BILINEAR).crop((5, 5, 75, 75))
        pixels = torch.frombuffer(bytearray(zoomed.tobytes()), dtype=torch.uint8).view(70, 70, 3)
        assert pixels.permute(2, 0, 1).contiguous().numpy().tobytes() in shown


def test_images_have_the_size_asked_for_and_range_from_0_to_1(folder: Path) -> None:
    images, _, _ = everything(train_of(folder, size=48))
    assert images.shape == (30, 3, 48, 48)
    assert images.dtype == torch.float32
    assert 0 <= images.min() < 0.1 < 0.9 < images.max() <= 1


def test_without_a_generator_samples_come_in_order(folder: Path) -> None:
    split = train_of(folder)
    _, labels, indices = everything(split)
    assert indices.tolist() == list(range(30))
    assert torch.equal(labels, split.labels)


def test_a_generator_shuffles_images_with_their_labels(folder: Path) -> None:
    split = train_of(folder)
    images, _, _ = everything(split)
    shuffled, labels, indices = everything(split, seed=0)
    assert indices.tolist() != list(range(30))
    assert torch.equal(shuffled, images[indices])
    assert torch.equal(labels, split.labels[indices])


def test_worker_processes_give_the_bytes_of_one_process(folder: Path) -> None:
    alone = everything(train_of(folder, workers=0), seed=3, augment=True)
    beside = everything(train_of(folder, workers=2), seed=3, augment=True)
    assert all(torch.equal(a, b) for a, b in zip(alone, beside, strict=True))


def test_another_seed_crops_otherwise(folder: Path) -> None:
    split = train_of(folder)
    first, _, order = everything(split, seed=0, augment=True)
    second, _, other = everything(split, seed=1, augment=True)
    assert not torch.equal(first[order.argsort()], second[other.argsort()])


def test_images_of_one_pass_are_cropped_differently(folder: Path) -> None:
    for file in (folder / "train").glob("*/*.jpg"):
        Image.linear_gradient("L").save(file)
    images, _, _ = everything(train_of(folder), seed=0, augment=True)
    assert len({image.numpy().tobytes() for image in images}) == 30


@pytest.mark.parametrize("workers", [0, 2])
def test_the_global_generator_is_left_alone(folder: Path, workers: int) -> None:
    before = torch.get_rng_state()
    everything(train_of(folder, workers), seed=0, augment=True)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_damaged_image_is_named(folder: Path, workers: int) -> None:
    file = damage(folder)
    with pytest.raises(DataCorrupt) as caught:
        everything(train_of(folder, workers))
    assert str(caught.value).startswith(f"{file} cannot be read as an image: image file is truncated")


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_a_file_that_is_no_image_is_named(folder: Path, content: bytes) -> None:
    (folder / "train" / "china" / "03.jpg").write_bytes(content)
    with pytest.raises(DataCorrupt, match=r"china/03\.jpg cannot be read as an image"):
        everything(train_of(folder))


def test_a_file_that_vanished_is_named(folder: Path) -> None:
    split = train_of(folder)
    (folder / "train" / "china" / "03.jpg").unlink()
    with pytest.raises(DataCorrupt, match=r"china/03\.jpg cannot be read"):
        everything(split)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK"])
def test_every_colour_mode_becomes_rgb(folder: Path, mode: str) -> None:
    suffix = "tiff" if mode == "CMYK" else "png"
    image = Image.open(folder / "val" / "china" / "00.png").convert(mode)
    image.save(folder / "val" / "china" / f"99.{suffix}")
    test = load("imagefolder", data_root=folder, crop=32, workers=0, in_memory=False, validation_share=0.05).test
    assert next(test.batches(32)).images.shape == (17, 3, 32, 32)


def test_more_workers_than_processors_give_no_warning(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        workers = (os.cpu_count() or 1) + 1
        split = load(
            "imagefolder", data_root=folder, crop=32, workers=workers, in_memory=False, validation_share=0.05
        ).train
        assert next(split.batches(1)).images.shape == (1, 3, 32, 32)


def test_the_last_batch_can_be_dropped(folder: Path) -> None:
    assert [len(batch.labels) for batch in train_of(folder).batches(7, drop_last=True)] == [7] * 4


def test_channels_last_changes_the_layout_alone(folder: Path) -> None:
    split = train_of(folder)
    images = next(split.batches(5, channels_last=True)).images
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(images, next(split.batches(5)).images)


def test_take_is_a_prefix(folder: Path) -> None:
    split = train_of(folder)
    part = split.take(4)
    assert torch.equal(next(part.batches(30)).images, next(split.batches(4)).images)
    assert len(split.take(31)) == 30


def test_bad_arguments_are_refused_at_the_call(folder: Path) -> None:
    split = train_of(folder)
    with pytest.raises(ValueError, match="batch_size"):
        split.batches(0)
    with pytest.raises(ValueError, match="pass a generator"):
        split.batches(1, augment=True)
    with pytest.raises(ValueError, match="at least 1"):
        split.take(0)
