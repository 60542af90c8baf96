"""What every data set promises: its facts, three splits that give batches, and errors that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

Shape = tuple[int, int, int]

MNIST_EPSILONS, MNIST_L2_EPSILONS = (0.05, 0.1, 0.2, 0.3), (0.5, 1.0, 1.5, 2.0)
"""Radii for grey digits, L-infinity (0.3: Madry et al. 2018) and L2, in [0, 1] pixel units."""
CLOTHES_EPSILONS, CLOTHES_L2_EPSILONS = (0.01, 0.02, 0.05, 0.1), (0.25, 0.5, 1.0, 1.5)
"""The same for grey clothes, whose shades count: at 0.1, ordinarily trained networks have at most 0.5 % right."""
NATURAL_EPSILONS, NATURAL_L2_EPSILONS = (1 / 255, 2 / 255, 4 / 255, 8 / 255), (0.125, 0.25, 0.5, 1.0)
"""The same for colour photographs (8/255: Madry et al. 2018; 0.5: Croce et al., RobustBench, 2021)."""


class DataMissing(Exception):
    """The data are not on this machine; the message says how to get them."""


class DataCorrupt(Exception):
    """A file is there and is not what it should be; the message names it."""


@dataclass(frozen=True)
class Augmentation:
    """What training images undergo.

    Attributes:
        crop_padding: zeros added on each side before a random crop of the original size, pixels.
        flip: mirror left to right with probability 1/2.
    """

    crop_padding: int = 0
    flip: bool = False


@dataclass(frozen=True)
class DatasetInfo:
    """Facts about a data set that networks, recipes and reports need.

    Attributes:
        name: as `load` takes it.
        title: as reports print it.
        shape: (C, H, W) of an image.
        classes: a name for each label, in label order.
        mean: per channel, of training pixels in [0, 1].
        std: per channel, of training pixels in [0, 1].
        preset: scale of network that the suite uses by default.
        epsilons: L-infinity radii for robustness, in [0, 1] pixel units; the second smallest is the headline's.
        augmentation: what training images undergo.
        source: citation, and where the data come from.
        l2_epsilons: L2 radii, likewise.
    """

    name: str
    title: str
    shape: Shape
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    preset: str
    epsilons: tuple[float, ...]
    augmentation: Augmentation
    source: str
    l2_epsilons: tuple[float, ...] = NATURAL_L2_EPSILONS


class Batch(NamedTuple):
    """Samples of a split, all tensors on one device.

    Attributes:
        images: (N, C, H, W) float32 in [0, 1].
        labels: (N,) int64.
        indices: (N,) int64, positions within the split.
    """

    images: Tensor
    labels: Tensor
    indices: Tensor


class Split(Protocol):
    """Part of a data set, in a fixed shuffled and stratified order: any prefix is representative."""

    @property
    def labels(self) -> Tensor:
        """(N,) int64, on the CPU."""

    def __len__(self) -> int: ...

    def batches(
        self,
        batch_size: int,
        *,
        device: torch.device | str = "cpu",
        generator: torch.Generator | None = None,
        augment: bool = False,
        drop_last: bool = False,
        channels_last: bool = False,
    ) -> Iterator[Batch]:
        """Go through the split once.

        Args:
            batch_size: samples per batch; the last one may be smaller.
            device: where the tensors of a batch lie.
            generator: None for the split's own order; else a CPU generator that draws the order and the
                augmentation. It is used within this call only, and equally whatever the other options:
                the order is the same with and without augmentation.
            augment: apply the data set's training augmentation.
            drop_last: leave out a smaller last batch.
            channels_last: memory format of the images.

        Raises:
            ValueError: `batch_size` below 1, a generator that is not on the CPU, or `augment` without one.
            DataCorrupt: an image read from disk is damaged.
        """

    def take(self, count: int) -> Split:
        """The first `count` samples, or all of them where there are fewer.

        Raises:
            ValueError: `count` is below 1.
        """


@dataclass(frozen=True)
class Dataset:
    """A data set on this machine.

    Attributes:
        info: its facts.
        train: what weights are learnt from.
        validation: what settings are chosen on.
        test: what figures are reported on.
        fingerprint: first 16 hexadecimal digits of the SHA-256 of pixels, labels and split.
        files: that it was read from, and folders that list them; what is none of their contents is not here.
    """

    info: DatasetInfo
    train: Split
    validation: Split
    test: Split
    fingerprint: str
    files: tuple[Path, ...] = ()
