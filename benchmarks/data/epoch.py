"""What every split does: check the arguments of `batches` and `take`, draw an epoch's order, scale pixels."""

from __future__ import annotations

import torch
from torch import Tensor

MAX_SEED = 2**31


def begin_epoch(
    length: int, batch_size: int, generator: torch.Generator | None, augment: bool
) -> tuple[Tensor | None, int]:
    """Check the arguments of `Split.batches` and make all of its draws.

    Returns:
        The order, (length,) int64 or None for the natural one, and a seed for the augmentation.

    Raises:
        ValueError: as `Split.batches` says.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, not {batch_size}")
    if generator is None:
        if augment:
            raise ValueError("augmentation is random: pass a generator")
        return None, 0
    if generator.device.type != "cpu":
        raise ValueError(f"the generator must be on the CPU, not on {generator.device}")
    order = torch.randperm(length, generator=generator)
    return order, int(torch.randint(0, MAX_SEED, (), generator=generator))


def check_count(count: int) -> None:
    """Refuse a `Split.take` of nothing.

    Raises:
        ValueError: `count` is below 1.
    """
    if count < 1:
        raise ValueError(f"cannot take {count} samples: at least 1")


def scale(pixels: Tensor, *, channels_last: bool) -> Tensor:
    """Bytes to floats in [0, 1], rounded the same on every device.

    The divisor is a tensor on the device: CUDA would multiply by the reciprocal of a Python number.

    Args:
        pixels: (N, C, H, W) uint8.
        channels_last: memory format of the answer.

    Returns:
        (N, C, H, W) float32.
    """
    layout = torch.channels_last if channels_last else torch.contiguous_format
    brightest = torch.full((), 255.0, device=pixels.device)
    return pixels.to(torch.float32, memory_format=layout).div_(brightest)
