"""Several attacks one after another: each is for the images that those before it did not fool."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

Right = Callable[[Tensor, Tensor], Tensor]
"""Images (N, C, H, W) and labels (N,) to (N,) bool: whether the network that is deployed answers them rightly."""
Try = Callable[[Tensor, Tensor], Tensor]
"""Images (N, C, H, W) and labels (N,) to adversarial images (N, C, H, W)."""


def in_turn(right: Right, images: Tensor, labels: Tensor, tries: Iterable[Try]) -> Tensor:
    """Adversarial images (N, C, H, W): of each image those of the first try that fools, else of the last.

    Args:
        right: judges.
        images: (N, C, H, W).
        labels: (N,) int64.
        tries: in order.
    """
    found = images.clone()
    left = torch.arange(len(images), device=images.device)
    for each in tries:
        adversarial = each(images[left], labels[left])
        found[left] = adversarial
        left = left[right(adversarial, labels[left])]
        if len(left) == 0:
            break
    return found
