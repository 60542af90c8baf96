"""Random crops and flips of a whole batch at once, on the batch's device, with no loop over images."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.data.contract import Augmentation


def augment(images: Tensor, augmentation: Augmentation, generator: torch.Generator) -> Tensor:
    """Crop and flip each image by its own draw, without waiting for the device.

    Args:
        images: (N, C, H, W), any dtype and device.
        augmentation: how far and whether.
        generator: on the CPU; the same state gives the same bytes on any device.

    Returns:
        (N, C, H, W), same dtype and device.
    """
    count, padding = len(images), augmentation.crop_padding
    offsets = torch.randint(0, 2 * padding + 1, (2, count), generator=generator)
    mirrored = torch.randint(0, 2, (count,), generator=generator) == 1
    if not augmentation.flip:
        mirrored.zero_()
    rows, columns = offsets.to(images.device, non_blocking=True)
    return window(images, padding, rows, columns, mirrored.to(images.device, non_blocking=True))


def window(images: Tensor, padding: int, rows: Tensor, columns: Tensor, mirrored: Tensor) -> Tensor:
    """Cut a window of the original size out of each zero-padded image, then mirror some left to right.

    Args:
        images: (N, C, H, W).
        padding: zeros on each side, pixels.
        rows: (N,) int64, top of the window in the padded image, 0 to 2 * padding.
        columns: (N,) int64, left of the window in the padded image, 0 to 2 * padding.
        mirrored: (N,) bool.

    Returns:
        (N, C, H, W), contiguous.
    """
    count, channels, height, width = images.shape
    padded = functional.pad(images, (padding, padding, padding, padding))
    down = torch.arange(height, device=images.device)
    across = torch.arange(width, device=images.device)
    across = torch.where(mirrored[:, None], across.flip(0), across) + columns[:, None]
    down = down + rows[:, None]
    positions = down[:, :, None] * (width + 2 * padding) + across[:, None, :]
    index = positions.view(count, 1, -1).expand(-1, channels, -1)
    return padded.flatten(2).gather(2, index).view(count, channels, height, width)
