"""What every data set must satisfy: pixels in [0, 1], splits that are fixed and disjoint, a name for every class."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor

from benchmarks import data
from benchmarks.conformance.cases import chosen
from benchmarks.data import DataMissing, Dataset

EMBEDDED = ("digits",)
every_dataset = pytest.mark.parametrize("dataset", chosen("data set", EMBEDDED))
SPLITS = ("train", "validation", "test")
MANY = 2_000
"""Images of a split that are looked at."""
SHARED = 0.01
"""Largest share of test images that may also be among those of training: collections have a few images twice."""


def load(name: str) -> Dataset:
    """The data set with its default options; skipped where its files are not here."""
    root = os.environ.get("ROUTEBENCH_DATA")
    try:
        return data.load(name, data_root=Path(root) if root else None)
    except DataMissing as missing:
        pytest.skip(f"not here: {missing}")


@cache
def read(name: str) -> Dataset:
    """The same, read once."""
    return load(name)


def images_and_labels(dataset: Dataset, split: str) -> tuple[Tensor, Tensor]:
    """The first images (N, C, H, W) of a split, and their labels (N,)."""
    whole = getattr(dataset, split)
    batches = list(whole.take(min(MANY, len(whole))).batches(500))
    return torch.cat([batch.images for batch in batches]), torch.cat([batch.labels for batch in batches])


def digests(images: Tensor) -> set[str]:
    """Of every image's bytes."""
    return {hashlib.sha256(image.contiguous().numpy().tobytes()).hexdigest() for image in images}


@every_dataset
@pytest.mark.parametrize("split", SPLITS)
def test_images_and_labels_are_what_the_facts_say(dataset: str, split: str) -> None:
    facts = read(dataset).info
    images, labels = images_and_labels(read(dataset), split)
    assert len(images) > 0, f"the split {split} has images"
    assert tuple(images.shape[1:]) == tuple(facts.shape), "images have the shape of its facts, channels first"
    assert images.dtype == torch.float32
    assert images.min() >= 0, "pixels are in [0, 1]; normalisation is inside networks"
    assert images.max() <= 1, "pixels are in [0, 1]; normalisation is inside networks"
    assert images.max() > 0.5, "pixels use the range of [0, 1]"
    assert labels.dtype == torch.int64
    assert labels.min() >= 0
    assert labels.max() < len(facts.classes), "every label has a class"


@every_dataset
def test_every_class_has_a_name_of_its_own(dataset: str) -> None:
    names = read(dataset).info.classes
    assert len(names) >= 2, "there is something to tell apart"
    assert len(set(names)) == len(names), "names of classes are unique"
    assert all(name.strip() for name in names), "no name is empty"


@every_dataset
def test_splits_are_disjoint(dataset: str) -> None:
    parts = {split: digests(images_and_labels(read(dataset), split)[0]) for split in SPLITS}
    for one, other in (("train", "test"), ("train", "validation"), ("validation", "test")):
        shared = len(parts[one] & parts[other])
        allowed = SHARED * min(len(parts[one]), len(parts[other]))
        assert shared <= allowed, f"{shared} images are in {one} and in {other}"


@every_dataset
def test_splits_are_the_same_whenever_they_are_read(dataset: str) -> None:
    torch.manual_seed(1)
    again = load(dataset)
    assert again.fingerprint == read(dataset).fingerprint, "the fingerprint does not depend on chance"
    for split in SPLITS:
        for one, other in zip(images_and_labels(again, split), images_and_labels(read(dataset), split), strict=True):
            assert torch.equal(one, other), f"{split} is the same, in the same order"


@every_dataset
def test_mean_and_deviation_are_those_of_the_training_images(dataset: str) -> None:
    images, _ = images_and_labels(read(dataset), "train")
    mean, deviation = images.mean(dim=(0, 2, 3)), images.std(dim=(0, 2, 3))
    facts = read(dataset).info
    torch.testing.assert_close(mean, torch.tensor(facts.mean), atol=0.05, rtol=0, msg=f"mean is {mean.tolist()}")
    torch.testing.assert_close(
        deviation, torch.tensor(facts.std), atol=0.05, rtol=0, msg=f"std is {deviation.tolist()}"
    )


@every_dataset
def test_radii_of_attacks_ascend(dataset: str) -> None:
    radii = read(dataset).info.epsilons
    assert list(radii) == sorted(set(radii))
    assert all(0 < radius <= 1 for radius in radii), "radii are in units of [0, 1] pixels"
