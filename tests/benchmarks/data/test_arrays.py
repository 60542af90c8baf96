"""Batches of a split in memory."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks.data import Augmentation, Dataset
from benchmarks.data.arrays import ArraySplit

IMAGES = torch.arange(10 * 3 * 2 * 2).to(torch.uint8).view(10, 3, 2, 2)
LABELS = torch.tensor([0, 1] * 5)


def split() -> ArraySplit:
    return ArraySplit(IMAGES, LABELS, classes=2, augmentation=Augmentation(crop_padding=1, flip=True))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def everything(of: ArraySplit, generator: torch.Generator | None, *, augment: bool = False) -> Tensor:
    return torch.cat([batch.images for batch in of.batches(3, generator=generator, augment=augment)])


def test_pixels_become_floats_from_0_to_1() -> None:
    images = next(split().batches(10)).images
    assert images.dtype == torch.float32
    assert torch.equal(images, IMAGES.float() / 255)


def test_every_byte_is_divided_exactly_as_ieee_754_says() -> None:
    levels = np.arange(256, dtype=np.uint8)
    images = torch.from_numpy(levels).view(1, 1, 16, 16)
    held = ArraySplit(images, torch.zeros(1, dtype=torch.int64), classes=1, augmentation=Augmentation())
    expected = levels.astype(np.float32) / np.float32(255)
    assert np.array_equal(next(held.batches(1)).images.flatten().numpy(), expected)


def test_without_a_generator_samples_come_in_order() -> None:
    assert torch.cat([batch.indices for batch in split().batches(4)]).tolist() == list(range(10))


def test_the_last_batch_is_smaller() -> None:
    assert [len(batch.labels) for batch in split().batches(4)] == [4, 4, 2]


def test_the_last_batch_can_be_dropped() -> None:
    assert [len(batch.labels) for batch in split().batches(4, drop_last=True)] == [4, 4]


def test_a_whole_last_batch_is_not_dropped() -> None:
    assert [len(batch.labels) for batch in split().batches(5, drop_last=True)] == [5, 5]


def test_dropping_the_only_batch_leaves_none() -> None:
    assert list(split().batches(11, drop_last=True)) == []


def test_a_generator_shuffles() -> None:
    indices = torch.cat([batch.indices for batch in split().batches(4, generator=seeded())])
    assert indices.tolist() != list(range(10))
    assert sorted(indices.tolist()) == list(range(10))


def test_labels_and_images_follow_their_indices() -> None:
    for batch in split().batches(3, generator=seeded()):
        assert torch.equal(batch.labels, LABELS[batch.indices])
        assert torch.equal(batch.images, IMAGES[batch.indices].float() / 255)


def test_the_same_generator_state_gives_the_same_bytes() -> None:
    assert torch.equal(everything(split(), seeded(), augment=True), everything(split(), seeded(), augment=True))


def test_the_next_epoch_of_a_generator_differs() -> None:
    generator = seeded()
    first, second = (everything(split(), generator) for _ in range(2))
    assert not torch.equal(first, second)


def test_augmentation_changes_neither_the_order_nor_later_draws() -> None:
    orders, states = [], []
    for augment in (False, True):
        generator = seeded()
        batches = split().batches(3, generator=generator, augment=augment)
        orders.append(torch.cat([batch.indices for batch in batches]))
        states.append(generator.get_state())
    assert torch.equal(*orders)
    assert torch.equal(*states)


def test_draws_of_the_caller_between_batches_do_not_matter() -> None:
    generator = seeded()
    disturbed = []
    for batch in split().batches(3, generator=generator, augment=True):
        disturbed.append(batch.images)
        torch.rand(5, generator=generator)
    assert torch.equal(torch.cat(disturbed), everything(split(), seeded(), augment=True))


def test_the_global_generator_is_left_alone() -> None:
    before = torch.get_rng_state()
    everything(split(), seeded(), augment=True)
    assert torch.equal(torch.get_rng_state(), before)


def test_writing_into_a_batch_leaves_the_split_as_it_was() -> None:
    held = split()
    next(held.batches(10)).images.zero_()
    next(held.batches(10)).labels.zero_()
    assert torch.equal(next(held.batches(10)).images, IMAGES.float() / 255)
    assert torch.equal(held.labels, LABELS)


def test_channels_last_changes_the_layout_alone() -> None:
    images = next(split().batches(10, channels_last=True)).images
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(images, IMAGES.float() / 255)


def test_take_is_a_prefix() -> None:
    part = split().take(4)
    assert len(part) == 4
    assert torch.equal(part.labels, LABELS[:4])
    assert torch.equal(next(part.batches(10)).images, IMAGES[:4].float() / 255)


def test_take_leaves_the_whole_as_it_was() -> None:
    whole = split()
    whole.take(4)
    assert len(whole) == 10


def test_take_of_more_than_there_are_is_all() -> None:
    assert len(split().take(11)) == 10


def test_a_shuffle_of_a_part_stays_within_it() -> None:
    indices = torch.cat([batch.indices for batch in split().take(4).batches(3, generator=seeded())])
    assert sorted(indices.tolist()) == [0, 1, 2, 3]


@pytest.mark.parametrize("count", [0, -1])
def test_take_of_nothing_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        split().take(count)


def test_a_batch_of_nothing_is_refused_at_the_call() -> None:
    with pytest.raises(ValueError, match="batch_size must be at least 1, not 0"):
        split().batches(0)


def test_augmenting_without_a_generator_is_refused_at_the_call() -> None:
    with pytest.raises(ValueError, match="pass a generator"):
        split().batches(2, augment=True)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES.float(), LABELS, "images must be"),
        (IMAGES[0], LABELS, "images must be"),
        (IMAGES, LABELS[:9], r"labels must be \(10,\)"),
        (IMAGES, LABELS.int(), "labels must be"),
        (IMAGES, LABELS + 1, "these go from 1 to 2"),
        (IMAGES, LABELS - 1, "these go from -1 to 0"),
        (IMAGES[:0], LABELS[:0], "at least one sample"),
    ],
)
def test_wrong_arrays_are_refused(images: Tensor, labels: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ArraySplit(images, labels, classes=2, augmentation=Augmentation())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_cuda_device_gives_the_bytes_of_the_cpu(mnist5k: Dataset) -> None:
    for device in ("cpu", "cuda"):
        batches = mnist5k.train.batches(500, device=device, generator=seeded(), augment=True)
        images = torch.cat([batch.images.cpu() for batch in batches])
        if device == "cpu":
            expected = images
    assert torch.equal(images, expected)
