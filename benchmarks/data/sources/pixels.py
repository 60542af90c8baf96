"""Decoded pixels of many small images at once, kept for the next time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.sources.fitting import Fit
from benchmarks.data.sources.images import Images, silent
from benchmarks.data.sources.kept import keep, place_of
from benchmarks.data.sources.processors import usable_cpus

CHUNK = 512
"""Images that a thread decodes at a time; Pillow frees Python's lock while it decodes."""


def decode_all(images: Images, fit: Fit) -> NDArray[np.uint8]:
    """Pixels (N, C, H, W) of all images, in order.

    Raises:
        DataCorrupt: as `Fit.pixels` says, of the first such image.
    """
    pixels = np.empty((len(images), *fit.shape), np.uint8)

    def fill(start: int) -> None:
        for position in range(start, min(start + CHUNK, len(images))):
            pixels[position] = fit.pixels(images, position)

    with silent(), ThreadPoolExecutor(usable_cpus()) as pool:
        for _ in pool.map(fill, range(0, len(images), CHUNK)):
            pass
    return pixels


def kept_pixels(key: str) -> NDArray[np.uint8] | None:
    """Pixels that were decoded before, mapped into memory; None where there are none."""
    try:
        stored: NDArray[np.uint8] = np.load(place_of(key, ".npy"), mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return stored if stored.ndim == 4 and stored.dtype == np.uint8 else None


def decode_once(key: str, parts: Sequence[Images], fit: Callable[[], Fit]) -> list[NDArray[np.uint8]]:
    """Pixels (N, C, H, W) of several parts, decoded or as they were kept.

    Args:
        key: names what the pixels are made of, as `kept.key_of` gives it; empty: they are not kept.
        parts: of images.
        fit: the shape of the pixels; called only if they are not kept.
    """
    stored = kept_pixels(key) if key else None
    ends = np.cumsum([len(part) for part in parts])
    if stored is None or len(stored) != ends[-1]:
        chosen = fit()
        stored = np.concatenate([decode_all(part, chosen) for part in parts])
        if key:
            keep(place_of(key, ".npy"), lambda path: _save(path, stored))
    return np.split(stored, ends[:-1])


def _save(path: Path, pixels: NDArray[np.uint8]) -> None:
    with path.open("wb") as file:
        np.save(file, pixels)
