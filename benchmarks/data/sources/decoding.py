"""A split of images that are decoded as they are needed, by worker processes."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from benchmarks.data.contract import Batch, DataCorrupt, Shape
from benchmarks.data.epoch import begin_epoch, check_count, scale
from benchmarks.data.sources.fitting import Fit
from benchmarks.data.sources.images import Images, silent
from benchmarks.data.splitting import Labels, Positions

Sample = tuple[Tensor, int, int]
"""Image (C, H, W) uint8, label, position within the split."""
Pack = tuple[Tensor, Tensor, Tensor]


class LazySplit:
    """A `Split` of images of which each is decoded anew at every pass."""

    def __init__(
        self, images: Images, positions: Positions, labels: Labels, *, fit: Fit, flip: bool, workers: int
    ) -> None:
        """List the samples in the order given.

        Args:
            images: of which these are some.
            positions: (N,) int64, among the images.
            labels: (N,) int64.
            fit: the shape that images get.
            flip: whether training images are mirrored at random.
            workers: processes that decode; 0 for the calling one.
        """
        self._images = images
        self._positions = positions
        self._labels = torch.from_numpy(labels)
        self._fit, self._flip = fit, flip
        self._workers = workers
        self._reader, self._readers = 0, 1

    @property
    def labels(self) -> Tensor:
        """(N,) int64, on the CPU."""
        return self._labels

    def __len__(self) -> int:
        return len(self._labels)

    def take(self, count: int) -> LazySplit:
        """The first `count` samples; see `Split.take`."""
        check_count(count)
        part = copy.copy(self)
        part._positions, part._labels = self._positions[:count], self._labels[:count]
        return part

    def read_by(self, reader: int, readers: int) -> LazySplit:
        """The split for one of several processes, each of which decodes its part of every batch.

        A batch then has the images of this process, consecutive ones and as many as any other's has, and the labels and
        positions of all; what is drawn for an image does not depend on who decodes it.
        """
        part = copy.copy(self)
        part._reader, part._readers = reader, readers
        part._workers = math.ceil(self._workers / readers)
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
        """Go through the split once; see `Split.batches`. The number of workers changes no byte."""
        order, seed = begin_epoch(len(self), batch_size, generator, augment)
        transform = _training(self._fit.shape, self._flip) if augment else None
        samples = _Samples(self._images, self._positions, self._labels, self._fit, transform, seed)
        place = torch.device(device)
        positions = torch.arange(len(self)) if order is None else order
        end = len(self) - len(self) % batch_size if drop_last else len(self)
        whole = [positions[start : min(start + batch_size, end)] for start in range(0, end, batch_size)]
        packs = partial(
            _packs,
            samples,
            batch_sampler=[self._own(batch).tolist() for batch in whole],
            num_workers=min(self._workers, math.ceil(len(self) / batch_size)),
            generator=torch.Generator().manual_seed(seed),
            pin_memory=place.type == "cuda",
        )

        def iterate() -> Iterator[Batch]:
            for batch, pack in zip(whole, packs(), strict=True):
                if isinstance(pack, DataCorrupt):
                    raise pack
                every = pack if self._readers == 1 else (pack[0], self._labels[batch], batch)
                images, labels, indices = (part.to(place, non_blocking=True) for part in every)
                yield Batch(scale(images, channels_last=channels_last), labels, indices)

        return iterate()

    def _own(self, batch: Tensor) -> Tensor:
        """Of the positions in a batch, those that this process decodes."""
        size = len(batch) // self._readers
        return batch if self._readers == 1 else batch[self._reader * size : (self._reader + 1) * size]


class _Samples(TorchDataset[Sample | DataCorrupt]):
    """Decodes one image at a time. Damage is an answer, as an exception would lose its message on the way."""

    def __init__(
        self,
        images: Images,
        positions: Positions,
        labels: Tensor,
        fit: Fit,
        transform: Callable[..., Any] | None,
        seed: int,
    ) -> None:
        self.images, self.positions, self.labels = images, positions, labels
        self.fit, self.transform, self.seed = fit, transform, seed

    def __getitem__(self, position: int) -> Sample | DataCorrupt:
        try:
            with silent():
                pixels = self._pixels(int(self.positions[position]), self.seed + position)
        except DataCorrupt as error:
            return error
        return pixels, int(self.labels[position]), position

    def _pixels(self, number: int, seed: int) -> Tensor:
        if self.transform is None:
            return torch.from_numpy(self.fit.pixels(self.images, number).copy())
        image = self.fit.image(self.images, number)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            transformed: Tensor = self.transform(image)
        return transformed


def _training(shape: Shape, flip: bool) -> Callable[..., Any]:
    from torchvision.transforms import v2

    mirror = [v2.RandomHorizontalFlip()] if flip else []
    steps = v2.RandomResizedCrop(shape[1:]), *mirror, v2.PILToTensor()
    return v2.Compose(steps)  # type: ignore[no-any-return]


def _collate(samples: list[Sample | DataCorrupt]) -> Pack | DataCorrupt:
    whole: list[Sample] = []
    for sample in samples:
        if isinstance(sample, DataCorrupt):
            return sample
        whole.append(sample)
    images, labels, positions = zip(*whole, strict=True)
    return torch.stack(images), torch.tensor(labels), torch.tensor(positions)


def _packs(samples: _Samples, **arguments: Any) -> Iterator[Pack | DataCorrupt]:
    """Start the workers, without torch's remark upon a number of them that the user chose."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="This DataLoader will create")
        return iter(DataLoader(samples, collate_fn=_collate, **arguments))
