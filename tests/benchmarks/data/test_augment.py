"""Crops and flips of a batch."""

from __future__ import annotations

import timeit
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.data import Augmentation, Dataset
from benchmarks.data.augment import augment, window

IMAGE = torch.tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]], dtype=torch.uint8).view(1, 1, 3, 3)


def cut(padding: int, row: int, column: int, *, mirrored: bool = False) -> list[list[int]]:
    rows, columns = torch.tensor([row]), torch.tensor([column])
    rows_of_pixels: list[list[int]] = window(IMAGE, padding, rows, columns, torch.tensor([mirrored]))[0, 0].tolist()
    return rows_of_pixels


def seconds(action: Callable[[], None]) -> float:
    """Best of five."""
    timer = timeit.Timer(action)
    return min(timer.repeat(repeat=5, number=1))


def real_images(dataset: Dataset, count: int) -> Tensor:
    images = next(dataset.train.take(count).batches(count)).images
    return (images * 255).round().to(torch.uint8)


def test_a_window_at_the_padding_is_the_image() -> None:
    assert cut(1, 1, 1) == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


def test_a_window_at_the_corner_shows_zeros_above_and_left() -> None:
    assert cut(1, 0, 0) == [[0, 0, 0], [0, 1, 2], [0, 4, 5]]


def test_a_window_at_the_far_corner_shows_zeros_below_and_right() -> None:
    assert cut(2, 4, 3) == [[8, 9, 0], [0, 0, 0], [0, 0, 0]]


def test_mirroring_reverses_columns_after_the_crop() -> None:
    assert cut(1, 0, 1, mirrored=True) == [[0, 0, 0], [3, 2, 1], [6, 5, 4]]


def test_each_sample_is_a_window_of_its_own_padded_image(mnist5k: Dataset) -> None:
    images = real_images(mnist5k, 64)
    cropped = augment(images, Augmentation(crop_padding=2), torch.Generator().manual_seed(0))
    padded = functional.pad(images, (2, 2, 2, 2))
    for before, after in zip(padded, cropped, strict=True):
        windows = [before[:, y : y + 28, x : x + 28] for y in range(5) for x in range(5)]
        assert any(torch.equal(after, candidate) for candidate in windows)


def test_every_offset_is_drawn_about_equally_often() -> None:
    marked = torch.zeros(9_000, 1, 3, 3, dtype=torch.uint8)
    marked[:, :, 1, 1] = 1
    cropped = augment(marked, Augmentation(crop_padding=1), torch.Generator().manual_seed(0))
    counts = cropped.sum(0).flatten()
    assert ((counts - 1_000).abs() < 150).all(), "five standard deviations of a binomial"


def test_without_padding_and_flip_images_are_unchanged(mnist5k: Dataset) -> None:
    images = real_images(mnist5k, 16)
    assert torch.equal(augment(images, Augmentation(), torch.Generator().manual_seed(0)), images)


def test_a_flip_alone_mirrors_about_half_and_leaves_the_others(mnist5k: Dataset) -> None:
    images = real_images(mnist5k, 1_000)
    flipped = augment(images, Augmentation(flip=True), torch.Generator().manual_seed(0))
    same = (flipped == images).flatten(1).all(1)
    mirrored = (flipped == images.flip(3)).flatten(1).all(1)
    assert (same | mirrored).all()
    assert 420 < int(mirrored.sum()) < 580, "five standard deviations of a binomial"


def test_channels_of_an_image_move_together() -> None:
    grey = torch.arange(200, dtype=torch.uint8).view(2, 1, 10, 10).expand(-1, 3, -1, -1)
    moved = augment(grey, Augmentation(crop_padding=4, flip=True), torch.Generator().manual_seed(1))
    assert torch.equal(moved[:, 0], moved[:, 1])
    assert torch.equal(moved[:, 0], moved[:, 2])


def test_the_same_seed_gives_the_same_bytes(mnist5k: Dataset) -> None:
    images = real_images(mnist5k, 100)
    first, second = (augment(images, Augmentation(2, flip=True), torch.Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(first, second)


def test_another_seed_gives_other_bytes(mnist5k: Dataset) -> None:
    images = real_images(mnist5k, 100)
    first, second = (
        augment(images, Augmentation(2, flip=True), torch.Generator().manual_seed(seed)) for seed in (7, 8)
    )
    assert not torch.equal(first, second)


def test_augmenting_is_faster_than_a_loop_over_the_images() -> None:
    images = torch.zeros(256, 3, 32, 32, dtype=torch.uint8)
    generator = torch.Generator().manual_seed(0)
    zeros = torch.zeros(1, dtype=torch.int64)

    def batched() -> None:
        augment(images, Augmentation(4, flip=True), generator)

    def looped() -> None:
        for image in images:
            window(image[None], 4, zeros, zeros, zeros == 0)

    assert seconds(batched) * 2 < seconds(looped)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_the_type_of_pixels_is_kept(dtype: torch.dtype) -> None:
    images = torch.zeros(2, 1, 4, 4, dtype=dtype)
    assert augment(images, Augmentation(1), torch.Generator()).dtype == dtype
