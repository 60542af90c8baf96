"""A split held in memory, once per device."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator

import torch
from torch import Tensor

from benchmarks.data.augment import augment as augment_images
from benchmarks.data.contract import Augmentation, Batch
from benchmarks.data.epoch import begin_epoch, check_count, scale


class ArraySplit:
    """A `Split` of images in memory."""

    def __init__(self, images: Tensor, labels: Tensor, *, classes: int, augmentation: Augmentation) -> None:
        """Hold the samples in the order given.

        Args:
            images: (N, C, H, W) uint8, on the CPU.
            labels: (N,) int64 in 0..classes-1, on the CPU.
            classes: number of classes.
            augmentation: what `augment=True` does.

        Raises:
            ValueError: a shape, dtype or label is wrong, or there are no samples.
        """
        if images.ndim != 4 or images.dtype != torch.uint8:
            raise ValueError(f"images must be (N, C, H, W) uint8, not {tuple(images.shape)} {images.dtype}")
        if labels.shape != images.shape[:1] or labels.dtype != torch.int64:
            raise ValueError(f"labels must be ({len(images)},) int64, not {tuple(labels.shape)} {labels.dtype}")
        if len(labels) == 0:
            raise ValueError("a split needs at least one sample")
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high >= classes:
            raise ValueError(f"labels must be 0 to {classes - 1}; these go from {low} to {high}")
        self._length = len(labels)
        self._augmentation = augmentation
        self._cpu = (images.contiguous(), labels.contiguous())
        self._copies = {torch.device("cpu"): self._cpu}

    @property
    def labels(self) -> Tensor:
        """(N,) int64, on the CPU."""
        return self._cpu[1][: self._length]

    def __len__(self) -> int:
        return self._length

    def take(self, count: int) -> ArraySplit:
        """The first `count` samples, sharing memory with this split on every device; see `Split.take`."""
        check_count(count)
        part = copy.copy(self)
        part._length = min(count, self._length)
        return part

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
        """Go through the split once; see `Split.batches`."""
        order, seed = begin_epoch(self._length, batch_size, generator, augment)
        images, labels = self._on(device)
        order = torch.arange(self._length) if order is None else order
        end = self._length - self._length % batch_size if drop_last else self._length
        draws = torch.Generator().manual_seed(seed)

        def iterate(order: Tensor) -> Iterator[Batch]:
            for start in range(0, end, batch_size):
                indices = order[start : min(start + batch_size, end)]
                chosen = images.index_select(0, indices)
                if augment:
                    chosen = augment_images(chosen, self._augmentation, draws)
                pixels = scale(chosen, channels_last=channels_last)
                yield Batch(pixels, labels.index_select(0, indices), indices)

        return iterate(order.to(images.device))

    def digest(self) -> bytes:
        """SHA-256 of shape, pixels and labels, in order."""
        images, labels = self._cpu
        sha = hashlib.sha256(repr(tuple(images[: self._length].shape)).encode())
        sha.update(images[: self._length].numpy().data)
        sha.update(labels[: self._length].numpy().data)
        return sha.digest()

    def _on(self, device: torch.device | str) -> tuple[Tensor, Tensor]:
        place = torch.empty(0, device=device).device
        if place not in self._copies:
            images, labels = self._cpu
            self._copies[place] = (images.to(place), labels.to(place))
        return self._copies[place]
