"""Every process's part of every training batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from benchmarks.data import Batch, Dataset, Split
from benchmarks.training.distributed.peers import Peers


@runtime_checkable
class Divisible(Protocol):
    """A split whose images need not all be read by every process, such as one of files."""

    def read_by(self, reader: int, readers: int) -> Split:
        """The split for one of several processes: see `benchmarks.data.sources.decoding.LazySplit.read_by`."""


def shared_out(dataset: Dataset, peers: Peers) -> Dataset:
    """The data as one process sees them: its part of every training batch, and on all but the first no validation."""
    validation = Unseen(dataset.validation) if peers.rank else dataset.validation
    return replace(dataset, train=Shared(dataset.train, peers), validation=validation)


class Shared:
    """A split whose batches have this process's images, and the labels and positions of the joint batch.

    Args:
        whole: the split, which draws the order and the augmentation of the joint batch. A `Divisible` one
            reads this process's images only; of any other, the images of other processes are left out.
        peers: that have the other images.
    """

    def __init__(self, whole: Split, peers: Peers) -> None:
        self._whole, self._peers = whole, peers

    @property
    def labels(self) -> Tensor:
        """(N,) int64 of all images, on the CPU."""
        return self._whole.labels

    def __len__(self) -> int:
        return len(self._whole)

    def take(self, count: int) -> Shared:
        """The first `count` images, shared out alike; see `Split.take`."""
        return Shared(self._whole.take(count), self._peers)

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
        """Go through the split once; see `Split.batches`. `batch_size` is that of the joint batch."""
        peers = self._peers
        by_part = isinstance(self._whole, Divisible)
        split = self._whole.read_by(peers.rank, peers.count) if isinstance(self._whole, Divisible) else self._whole
        batches = split.batches(
            batch_size,
            device=device,
            generator=generator,
            augment=augment,
            drop_last=drop_last,
            channels_last=channels_last,
        )
        for batch in batches:
            images = batch.images if by_part else batch.images[peers.part(len(batch.images))]
            peers.rows = len(images)
            yield batch._replace(images=images)


class Unseen:
    """A split without batches: the first process alone validates, and nobody reads what the others make of this.

    Args:
        split: that is not looked at.
    """

    def __init__(self, split: Split) -> None:
        self._split = split

    @property
    def labels(self) -> Tensor:
        """(N,) int64, on the CPU."""
        return self._split.labels

    def __len__(self) -> int:
        return len(self._split)

    def take(self, count: int) -> Unseen:
        """The first `count` samples, as little seen; see `Split.take`."""
        return Unseen(self._split.take(count))

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
        """No batch."""
        return iter(())
