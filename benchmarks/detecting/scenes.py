"""Scenes for detection: real digits scattered on a black canvas, each with the box of its ink."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.data.contract import Split
from benchmarks.training.seeds import derive_seed

INK = 0.1
"""A pixel above this is ink, in [0, 1]: fainter ones are left by resizing."""
NOMINAL = 28
"""Pixels a side of an object's image at scale 1: those of MNIST."""
SCALES = (0.7, 1.5)
"""The least and the greatest scale; between them all are as likely."""
OBJECTS = (1, 4)
"""The fewest and the most objects of a scene."""
OVERLAP = 0.2
"""Greatest part of the smaller of two boxes that may lie in the other."""
TRIES = 25
"""Places that are tried for an object before the scene goes without it."""


@dataclass(frozen=True)
class Scene:
    """An image with objects.

    Attributes:
        image: (C, S, S), pixels in [0, 1].
        boxes: (M, 4) float32, x1, y1, x2, y2 in pixels: columns x1 to x2 - 1 and rows y1 to y2 - 1 hold the ink.
        labels: (M,) int64, classes from 0.
    """

    image: Tensor
    boxes: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Objects:
    """Images to cut objects out of: (N, C, H, W) with pixels in [0, 1], and labels (N,)."""

    images: Tensor
    labels: Tensor


def objects_of(split: Split, count: int) -> Objects:
    """The first images of a split that have ink at all."""
    (batch,) = split.take(count).batches(count)
    inked = (batch.images > INK).flatten(1).any(dim=1)
    return Objects(batch.images[inked], batch.labels[inked])


def has_background(objects: Objects) -> bool:
    """Whether objects stand on black: most pixels on the edges of the images are exactly 0, as in MNIST."""
    x = objects.images
    edges = torch.cat([x[..., 0, :], x[..., -1, :], x[..., :, 0], x[..., :, -1]], dim=-1)
    return bool((edges == 0).float().mean() > 0.5)


def scenes(objects: Objects, *, side: int, seed: int) -> Iterator[Scene]:
    """Scenes without end, the same for the same seed; scene i depends on seed and i alone.

    Args:
        objects: to draw from.
        side: of the canvas, pixels.
        seed: of the scenes.

    Raises:
        ValueError: a canvas on which the largest object has no place.
    """
    largest = round(NOMINAL * SCALES[1])
    if side < largest:
        raise ValueError(f"side must be at least {largest} pixels, the size of the largest object, not {side}")
    number = 0
    while True:
        yield draw_scene(objects, side, np.random.default_rng(derive_seed(seed, "scene", number)))
        number += 1


def draw_scene(objects: Objects, side: int, random: np.random.Generator) -> Scene:
    """One scene: as many objects as drawn, each of a random image, scale and place, as far as they find a place."""
    canvas = torch.zeros(objects.images.shape[1], side, side)
    boxes: list[tuple[int, int, int, int]] = []
    labels: list[int] = []
    for _ in range(int(random.integers(OBJECTS[0], OBJECTS[1] + 1))):
        chosen = int(random.integers(len(objects.labels)))
        patch = cut_out(objects.images[chosen], float(random.uniform(*SCALES)))
        box = _place(patch, boxes, side, random)
        if box is None:
            continue
        x1, y1, x2, y2 = box
        canvas[:, y1:y2, x1:x2] = torch.maximum(canvas[:, y1:y2, x1:x2], patch)
        boxes.append(box)
        labels.append(int(objects.labels[chosen]))
    return Scene(canvas, torch.tensor(boxes, dtype=torch.float32), torch.tensor(labels, dtype=torch.int64))


def cut_out(image: Tensor, scale: float) -> Tensor:
    """An object (C, h, w) as far as its ink reaches: the image (C, H, W) resized to `NOMINAL * scale` pixels, cut."""
    height = round(NOMINAL * scale)
    width = max(1, round(NOMINAL * scale * image.shape[2] / image.shape[1]))
    resized = functional.interpolate(image[None], size=(height, width), mode="bilinear", antialias=True)[0].clamp(0, 1)
    rows, columns = ((resized > INK).any(dim=0).any(dim=dim).nonzero().squeeze(1) for dim in (1, 0))
    if len(rows) == 0:  # thin ink can fade when it is made smaller; then nothing is cut
        return resized
    return resized[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _place(
    patch: Tensor, boxes: list[tuple[int, int, int, int]], side: int, random: np.random.Generator
) -> tuple[int, int, int, int] | None:
    height, width = patch.shape[1:]
    for _ in range(TRIES):
        x, y = int(random.integers(side - width + 1)), int(random.integers(side - height + 1))
        box = (x, y, x + width, y + height)
        if all(overlap(box, other) <= OVERLAP for other in boxes):
            return box
    return None


def overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> float:
    """Which part of the smaller of two boxes lies in the other."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    smaller = min((x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in (one, other))
    return max(0, wide) * max(0, high) / smaller
