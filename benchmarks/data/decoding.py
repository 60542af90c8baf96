"""A split of image files, decoded by worker processes."""

from __future__ import annotations

import math
import os
import struct
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from benchmarks.data.contract import Batch, DataCorrupt
from benchmarks.data.epoch import begin_epoch, check_count, scale

Sample = tuple[Tensor, int, int]
"""Image (3, H, W) uint8, label, position within the split."""
Pack = tuple[Tensor, Tensor, Tensor]

DAMAGE = (OSError, EOFError, SyntaxError, ValueError, IndexError, struct.error, Image.DecompressionBombError)
"""What Pillow raises on files that are no whole image."""
EVALUATION_ZOOM = 256 / 224
"""Shorter side over crop size when not augmenting (He et al. 2016)."""


class FolderSplit:
    """A `Split` of image files; each is decoded anew at every pass."""

    def __init__(
        self, folder: Path, paths: NDArray[np.bytes_], labels: NDArray[np.int64], *, size: int, workers: int
    ) -> None:
        """List the samples in the order given.

        Args:
            folder: what the paths are relative to.
            paths: (N,) of files, as the file system spells them.
            labels: (N,) int64.
            size: height and width of the images, pixels.
            workers: processes that decode; 0 for the calling one.
        """
        self._folder = folder
        self._paths = paths
        self._labels = torch.from_numpy(labels)
        self._size = size
        self._workers = workers

    @property
    def labels(self) -> Tensor:
        """(N,) int64, on the CPU."""
        return self._labels

    def __len__(self) -> int:
        return len(self._labels)

    def take(self, count: int) -> FolderSplit:
        """The first `count` samples; see `Split.take`."""
        check_count(count)
        labels = self._labels[:count].numpy()
        return FolderSplit(self._folder, self._paths[:count], labels, size=self._size, workers=self._workers)

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
        """Go through the split once; see `Split.batches`. The number of workers changes no byte."""
        order, seed = begin_epoch(len(self), batch_size, generator, augment)
        transform = _training(self._size) if augment else _evaluation(self._size)
        files = _Files(self._folder, self._paths, self._labels, transform, seed)
        place = torch.device(device)
        packs = partial(
            _packs,
            files,
            batch_size=batch_size,
            sampler=range(len(self)) if order is None else order.tolist(),
            drop_last=drop_last,
            num_workers=min(self._workers, math.ceil(len(self) / batch_size)),
            generator=torch.Generator().manual_seed(seed),
            pin_memory=place.type == "cuda",
        )

        def iterate() -> Iterator[Batch]:
            for pack in packs():
                if isinstance(pack, DataCorrupt):
                    raise pack
                images, labels, indices = (part.to(place, non_blocking=True) for part in pack)
                yield Batch(scale(images, channels_last=channels_last), labels, indices)

        return iterate()


class _Files(TorchDataset[Sample | DataCorrupt]):
    """Decodes one file at a time. Damage is an answer, as an exception would lose its message on the way."""

    def __init__(
        self,
        folder: Path,
        paths: NDArray[np.bytes_],
        labels: Tensor,
        transform: Callable[..., Any],
        seed: int,
    ) -> None:
        self.folder, self.paths, self.labels = folder, paths, labels
        self.transform, self.seed = transform, seed

    def __getitem__(self, position: int) -> Sample | DataCorrupt:
        path = self.folder / os.fsdecode(self.paths[position])
        try:
            image = _decode(path)
        except DAMAGE as error:
            return DataCorrupt(f"{path} cannot be read as an image: {error}")
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self.seed + position)
            pixels: Tensor = self.transform(image)
        return pixels, int(self.labels[position]), position


def _decode(path: Path) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(path) as file:
            return file.convert("RGB")


def _training(size: int) -> Callable[..., Any]:
    from torchvision.transforms import v2

    steps = v2.RandomResizedCrop(size), v2.RandomHorizontalFlip(), v2.PILToTensor()
    return v2.Compose(steps)  # type: ignore[no-any-return]


def _evaluation(size: int) -> Callable[..., Any]:
    from torchvision.transforms import v2

    steps = v2.Resize(round(size * EVALUATION_ZOOM)), v2.CenterCrop(size), v2.PILToTensor()
    return v2.Compose(steps)  # type: ignore[no-any-return]


def _collate(samples: list[Sample | DataCorrupt]) -> Pack | DataCorrupt:
    whole: list[Sample] = []
    for sample in samples:
        if isinstance(sample, DataCorrupt):
            return sample
        whole.append(sample)
    images, labels, positions = zip(*whole, strict=True)
    return torch.stack(images), torch.tensor(labels), torch.tensor(positions)


def _packs(files: _Files, **arguments: Any) -> Iterator[Pack | DataCorrupt]:
    """Start the workers, without torch's remark upon a number of them that the user chose."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="This DataLoader will create")
        return iter(DataLoader(files, collate_fn=_collate, **arguments))
