"""Networks and data for timing of training: real digits, 28 pixels or in the shape of CIFAR."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks import data
from benchmarks.data.arrays import ArraySplit
from benchmarks.data.contract import Augmentation
from zoo import RoutedNet, Task, create


@dataclass(frozen=True)
class Setup:
    """A network and its training data.

    Attributes:
        selector: of the network.
        pixels: (N, C, H, W) uint8.
        labels: (N,) int64.
        augmentation: of the images.
        batch_size: images per step.
    """

    selector: str
    pixels: Tensor
    labels: Tensor
    augmentation: Augmentation
    batch_size: int

    def net(self, selector: str | None = None) -> RoutedNet:
        """The untrained network, or another one for the same images, from a fixed seed."""
        torch.manual_seed(0)
        channels, height, width = self.pixels.shape[1:]
        return create(selector or self.selector, Task(shape=(channels, height, width), classes=10))

    def split(self) -> ArraySplit:
        """The images as a split of the suite."""
        return ArraySplit(self.pixels, self.labels, classes=10, augmentation=self.augmentation)

    def __str__(self) -> str:
        """Network, batch size and shape of images, for tables."""
        channels, height, width = self.pixels.shape[1:]
        return f"{self.selector}, batches of {self.batch_size}, {height} x {width} x {channels} pixels"


def tiny(batches: int) -> Setup:
    """`resnet[tiny]` on unchanged digits."""
    pixels, labels = digits(64 * batches)
    return Setup("resnet[tiny]", pixels, labels, Augmentation(crop_padding=2), 64)


def resnet20(batches: int) -> Setup:
    """ResNet-20 on digits in the shape of CIFAR: 32 pixels, three channels, and CIFAR's augmentation."""
    pixels, labels = digits(128 * batches)
    coloured = functional.pad(pixels, (2, 2, 2, 2)).expand(-1, 3, -1, -1).contiguous()
    return Setup("resnet[small]", coloured, labels, Augmentation(crop_padding=4, flip=True), 128)


def digits(samples: int) -> tuple[Tensor, Tensor]:
    """Real digits (N, 1, 28, 28) uint8 and their labels (N,)."""
    batch = next(iter(data.load("mnist5k").train.batches(samples)))
    return (batch.images * 255).round().to(torch.uint8), batch.labels
