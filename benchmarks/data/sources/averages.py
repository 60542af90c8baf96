"""Mean and standard deviation of pixels per channel, from a count of each shade."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.contract import DataCorrupt

LOOKED_AT = 512
"""Training images that are measured where not all are in memory: the first ones, which are representative."""
DIGITS = 4
SHADES = 256


def mean_and_std(batches: Iterable[NDArray[np.uint8]]) -> list[list[float]]:
    """Mean and standard deviation per channel of pixels in [0, 1], to four digits.

    Args:
        batches: (N, C, H, W) uint8 each.

    Raises:
        DataCorrupt: a channel has one shade only, by which nothing can be normalised.
    """
    counts = sum(
        np.stack([np.bincount(own.ravel(), minlength=SHADES) for own in np.moveaxis(b, 1, 0)]) for b in batches
    )
    shades = np.arange(SHADES) / (SHADES - 1)
    weights = counts / np.sum(counts, axis=1, keepdims=True)
    mean = weights @ shades
    std = np.sqrt(np.maximum(weights @ shades**2 - mean**2, 0))
    if (std.round(DIGITS) == 0).any():
        raise DataCorrupt("a channel of the training images has one shade only, which normalises nothing; give std=")
    return [mean.round(DIGITS).tolist(), std.round(DIGITS).tolist()]
