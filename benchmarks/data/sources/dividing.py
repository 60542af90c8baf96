"""Which images are for training, for validation and for testing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchmarks.data.contract import DataMissing
from benchmarks.data.sources.options import ImageOptions
from benchmarks.data.sources.parts import TEST, TRAIN, VALIDATION
from benchmarks.data.sources.source import Part, Source
from benchmarks.data.splitting import Labels, Positions, stratified_order

SHARE, LEAST, MOST, LARGEST_SHARE = 0.1, 500, 10_000, 0.25
"""Validation images: their share of the training images, the fewest and the most, and what they never exceed.

Settings are chosen on them: of 100 images a difference of 10 points may be chance, of 500 one of 4.
"""


class Chosen(NamedTuple):
    """Some images of a part, in order."""

    part: Part
    positions: Positions

    @property
    def labels(self) -> Labels:
        """(N,) int64."""
        return self.part.labels[self.positions]


def divide(source: Source, options: ImageOptions, name: str) -> tuple[Chosen, Chosen, Chosen]:
    """Training, validation and test images, each in stratified order.

    Where the files have validation but no test images, these are for testing, as ImageNet's are, and validation images
    are held out of the training images.

    Raises:
        DataMissing: a class has too few images.
    """
    pool, held, shown = (source.parts.get(part) for part in (TRAIN, VALIDATION, TEST))
    if pool is None:
        raise DataMissing(f"{name}: there are no training images, only {' and '.join(source.parts)}")
    if shown is None:
        held, shown = None, held
    seed = options.split_seed
    rest = stratified_order(pool.labels, seed)
    test = Chosen(pool, rest[:0]) if shown is None else Chosen(shown, stratified_order(shown.labels, seed))
    if shown is None:
        rest, taken = hold_out_of_each_class(pool.labels, rest, options.test_share)
        test = Chosen(pool, _in_order(pool.labels, taken, seed))
    if held is not None:
        validation = Chosen(held, stratified_order(held.labels, seed))
    else:
        share = options.validation_share or validation_share(len(rest))
        rest, taken = hold_out_of_each_class(pool.labels, rest, share)
        validation = Chosen(pool, _in_order(pool.labels, taken, seed))
    _check_every_class(name, source.classes, pool.labels[rest])
    return Chosen(pool, rest), validation, test


def validation_share(count: int) -> float:
    """The share of so many training images that is held out by default."""
    return min(max(SHARE * count, LEAST), MOST, LARGEST_SHARE * count) / count


def hold_out_of_each_class(labels: Labels, order: Positions, share: float) -> tuple[Positions, Positions]:
    """Take the last images of each class out of an order.

    Args:
        labels: (N,) of all images.
        order: (M,) of those that may be taken.
        share: of each class that is taken, at least one image, where it has two.

    Returns:
        The others and the taken ones, both in the order given.
    """
    held = np.zeros(len(order), dtype=bool)
    for label in np.unique(labels[order]):
        ranked = np.flatnonzero(labels[order] == label)
        if len(ranked) > 1:
            held[ranked[-min(max(1, round(share * len(ranked))), len(ranked) - 1) :]] = True
    return order[~held], order[held]


def _in_order(labels: Labels, taken: Positions, seed: int) -> Positions:
    return taken[stratified_order(labels[taken], seed)]


def _check_every_class(name: str, classes: tuple[str, ...], labels: Labels) -> None:
    counts = np.bincount(labels, minlength=len(classes))
    if len(classes) < 2:
        raise DataMissing(f"{name}: there is one class only, {', '.join(classes)}; a network chooses between several")
    if not counts.all():
        without = classes[int((counts == 0).argmax())]
        raise DataMissing(f"{name}: class {without} has no training image")
