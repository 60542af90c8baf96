"""Images under attack, of which those that have been fooled leave the batch."""

from __future__ import annotations

import torch
from torch import Tensor

GRAIN = 4
"""Batches shrink to multiples of this, with fooled images as padding: oneDNN prepares every convolution anew for a
size that it has not seen lately, which costs as much as 30 images."""


class Leaving:
    """The batch of an attack that goes on with those that are not fooled yet.

    On a GPU this waits for the device once per iterate: the size of the next batch has to be known.

    Args:
        images: (N, C, H, W).

    Attributes:
        found: (N, C, H, W), of each fooled image the iterate that fooled.
        left: how many are not fooled.
    """

    def __init__(self, images: Tensor) -> None:
        self.found = images.clone()
        self.left = len(images)
        self._rows = torch.arange(len(images), device=images.device)
        self._robust = torch.ones_like(self._rows, dtype=torch.bool)

    def judge(self, x: Tensor, right: Tensor) -> Tensor | None:
        """Keep the iterates that fool for the first time.

        Args:
            x: (n, C, H, W), iterates of the images that are in the batch.
            right: (n,) bool, which of them are classified as they should be.

        Returns:
            Numbers (m,) of the rows that stay, where the batch shrinks; None where all do.
        """
        self._keep(x, self._robust & ~right)
        self._robust &= right
        self.left = int(self._robust.sum())
        size = -(-self.left // GRAIN) * GRAIN
        if self.left == 0 or size >= len(self._rows):
            return None
        kept = self._robust.argsort(descending=True, stable=True)[:size]
        self._rows, self._robust = self._rows[kept], self._robust[kept]
        return kept

    def end(self, x: Tensor) -> Tensor:
        """All images (N, C, H, W): those that were never fooled are at these iterates (n, C, H, W)."""
        self._keep(x, self._robust)
        return self.found

    def _keep(self, x: Tensor, which: Tensor) -> None:
        """Put the images that `which` (n,) marks into their rows; the device is not waited for."""
        self.found.index_copy_(0, self._rows, torch.where(which[:, None, None, None], x, self.found[self._rows]))
