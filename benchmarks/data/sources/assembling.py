"""From what was found in files to a data set: splits, shape, normalisation, images in memory or decoded as needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from benchmarks.data.arrays import ArraySplit
from benchmarks.data.contract import (
    CLOTHES_EPSILONS,
    CLOTHES_L2_EPSILONS,
    NATURAL_EPSILONS,
    NATURAL_L2_EPSILONS,
    Augmentation,
    Dataset,
    DatasetInfo,
    Shape,
)
from benchmarks.data.description import Description
from benchmarks.data.sources.averages import LOOKED_AT, mean_and_std
from benchmarks.data.sources.decoding import LazySplit
from benchmarks.data.sources.dividing import Chosen, divide
from benchmarks.data.sources.fitting import Fit, find_fit
from benchmarks.data.sources.images import silent
from benchmarks.data.sources.kept import kept_numbers, key_of
from benchmarks.data.sources.options import OPTIONS, TYPES, ImageOptions
from benchmarks.data.sources.parts import TRAIN
from benchmarks.data.sources.pixels import decode_once
from benchmarks.data.sources.processors import usable_cpus
from benchmarks.data.sources.source import Source
from benchmarks.data.splitting import fingerprint

SMALL_SIDE = 64
"""Images up to this side, pixels, are decoded once for all, and get the suite's `small` networks."""
LARGEST = 2 << 30
"""Bytes of pixels up to which that is done."""


@dataclass(frozen=True)
class About:
    """What a data set is called.

    Attributes:
        name: as `load` takes it.
        title: for readers.
        source: where it comes from.
    """

    name: str
    title: str
    source: str

    def described(self, options: Mapping[str, object] = OPTIONS, **known: Any) -> Description:
        """What can be said without reading the files.

        Args:
            options: that the data set has, with their defaults.
            known: `shape`, `classes` and `preset`, as far as the files do not decide them.
        """
        facts: dict[str, Any] = {"shape": None, "classes": None, **known}
        return Description(name=self.name, title=self.title, source=self.source, options=options, types=TYPES, **facts)


def assemble(source: Source, options: ImageOptions, about: About) -> Dataset:
    """Make the data set.

    Raises:
        DataMissing: a class has too few images.
        DataCorrupt: an image is damaged, or does not fit the others; the message names it.
        ValueError: options that do not go together.
    """
    chosen = divide(source, options, about.name)
    fit = _fit(source, options)
    size = sum(len(part.images) for part in source.parts.values()) * int(np.prod(fit.shape))
    if not source.digest and size > LARGEST:
        raise ValueError(
            f"{about.title} needs {size / 2**30:.1f} GiB of memory, more than {LARGEST >> 30}: give a smaller crop= or "
            "resize=, or read its files with imagefolder"
        )
    small = max(fit.shape[1:]) <= SMALL_SIDE and size <= LARGEST
    in_memory = small if options.in_memory is None else options.in_memory
    if not in_memory and options.crop_padding is not None:
        raise ValueError(f"crop_padding of {about.name} is for images in memory: give in_memory=True or leave it out")
    build = _in_memory if in_memory else _as_needed
    return build(source, chosen, fit, options, about)


def _fit(source: Source, options: ImageOptions) -> Fit:
    """The shape of images, remembered where the files can be told from changed ones."""

    def find() -> Fit:
        train = source.parts[TRAIN].images
        return find_fit(train, resize=options.resize, crop=options.crop, channels=options.channels)

    if not source.digest:
        return find()
    key = key_of("fit", source.digest, options.resize, options.crop, options.channels)
    (stored,) = kept_numbers(key, lambda: [find().as_numbers()])
    return Fit.of_numbers(stored)


def _in_memory(source: Source, chosen: Sequence[Chosen], fit: Fit, options: ImageOptions, about: About) -> Dataset:
    images = [part.images for part in source.parts.values()]
    key = key_of("pixels", source.digest, fit.as_numbers()) if source.digest else ""
    pixels = decode_once(key, images, lambda: fit)
    places = {id(part): place for place, part in enumerate(source.parts.values())}
    arrays = [np.ascontiguousarray(pixels[places[id(one.part)]][one.positions]) for one in chosen]
    padding = min(fit.shape[1:]) // 8 if options.crop_padding is None else options.crop_padding
    augmentation = Augmentation(padding, _flips(options, fit))
    train, validation, test = (
        ArraySplit(
            torch.from_numpy(array),
            torch.from_numpy(one.labels),
            classes=len(source.classes),
            augmentation=augmentation,
        )
        for array, one in zip(arrays, chosen, strict=True)
    )
    mark = fingerprint(*(split.digest() for split in (train, validation, test)))

    def measure() -> list[list[float]]:
        return mean_and_std(np.array_split(arrays[0], max(1, len(arrays[0]) // LOOKED_AT)))

    info = _info(about, source, fit.shape, augmentation, _normalisation(options, mark, measure, fit.shape[0], about))
    return Dataset(info, train, validation, test, mark, source.files)


def _as_needed(source: Source, chosen: Sequence[Chosen], fit: Fit, options: ImageOptions, about: About) -> Dataset:
    """Augmentation is a random resized crop, so `Augmentation.crop_padding` is 0."""
    flip = _flips(options, fit)
    workers = usable_cpus() if options.workers is None else options.workers
    train, validation, test = (
        LazySplit(one.part.images, one.positions, one.labels, fit=fit, flip=flip, workers=workers) for one in chosen
    )
    choice = [one.positions.tobytes() + one.labels.tobytes() for one in chosen]
    mark = fingerprint(f"{source.digest} {fit} {source.classes}".encode(), *choice)

    def measure() -> list[list[float]]:
        first = chosen[0].positions[:LOOKED_AT].tolist()
        with silent():
            return mean_and_std(fit.pixels(chosen[0].part.images, position)[None] for position in first)

    normalisation = _normalisation(options, mark, measure, fit.shape[0], about)
    info = _info(about, source, fit.shape, Augmentation(flip=flip), normalisation)
    return Dataset(info, train, validation, test, mark, source.files)


def _normalisation(
    options: ImageOptions, mark: str, measure: Callable[[], list[list[float]]], channels: int, about: About
) -> list[tuple[float, ...]]:
    """Mean and standard deviation per channel; measured, once for a fingerprint, where an option does not say them."""
    given = (options.mean, options.std)
    measured = kept_numbers(key_of("mean and std", mark), measure) if None in given else [[], []]
    chosen = [tuple(found) if own is None else own for own, found in zip(given, measured, strict=True)]
    for option, numbers in zip(("mean", "std"), chosen, strict=True):
        if len(numbers) not in (1, channels):
            raise ValueError(
                f"{option} of {about.name} has {len(numbers)} numbers; the images have {channels} channel(s)"
            )
    return [numbers if len(numbers) == channels else numbers * channels for numbers in chosen]


def _flips(options: ImageOptions, fit: Fit) -> bool:
    return fit.shape[0] == 3 if options.flip is None else options.flip


def _info(
    about: About, source: Source, shape: Shape, augmentation: Augmentation, normalisation: Sequence[tuple[float, ...]]
) -> DatasetInfo:
    colour = shape[0] == 3
    return DatasetInfo(
        name=about.name,
        title=about.title,
        shape=shape,
        classes=source.classes,
        mean=normalisation[0],
        std=normalisation[1],
        preset="small" if max(shape[1:]) <= SMALL_SIDE else "imagenet",
        epsilons=NATURAL_EPSILONS if colour else CLOTHES_EPSILONS,
        augmentation=augmentation,
        source=about.source,
        l2_epsilons=NATURAL_L2_EPSILONS if colour else CLOTHES_L2_EPSILONS,
    )
