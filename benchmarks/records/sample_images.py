"""Test images of a study as one picture, for pages that show them: who may not pass them on leaves the picture out."""

from __future__ import annotations

import math
from pathlib import Path

import torch

from benchmarks.data import Dataset
from benchmarks.measuring.pictures import CHANNELS, as_png, picture_size, reduced
from benchmarks.records.files import Damaged, StoreError, read_bytes, read_json, replacing, sha256, write_json
from benchmarks.records.identity import data_key
from benchmarks.records.sample_sheet import SampleImages

PICTURE, FACTS = "images.png", "images.json"
"""The picture, and what is on it."""
MOST_BYTES = 1_500_000
"""Of pixels, before they are compressed: a thousand grey images of 28 pixels, or 488 coloured ones of 32.
Pictures of larger images are smaller than these, so that there are some hundreds."""
MOST = 1000
"""Images."""
BATCH = 64
"""Images that are read at once."""


def write_sample_images(root: Path, dataset: Dataset) -> bool:
    """Write the first test images into a study's directory, unless they are there; whether there are any.

    Data whose images are not pictures have none.
    """
    channels, *whole = dataset.info.shape
    height, width = picture_size(*whole)
    count = min(len(dataset.test), MOST, MOST_BYTES // (channels * height * width))
    if channels not in CHANNELS or count < 1:
        return False
    if _is_there(root, data_key(dataset)):
        return True
    columns = math.ceil(math.sqrt(count * height / width))
    rows = -(-count // columns)
    canvas = torch.zeros(rows * columns, channels, height, width)
    for batch in dataset.test.take(count).batches(BATCH):
        canvas[batch.indices] = reduced(batch.images)
    picture = canvas.view(rows, columns, channels, height, width).permute(2, 0, 3, 1, 4)
    pixels = (255 * picture.reshape(channels, rows * height, columns * width)).round().to(torch.uint8)
    content = as_png(pixels)
    with replacing(root / PICTURE) as temporary:
        temporary.write_bytes(content)
    write_json(
        root / FACTS,
        {
            "data": data_key(dataset),
            "picture": sha256(content),
            "count": count,
            "columns": columns,
            "height": height,
            "width": width,
            "classes": list(dataset.info.classes),
        },
    )
    return True


def read_sample_images(root: Path) -> SampleImages | None:
    """The test images of a study; None where they were left out.

    Raises:
        Damaged: a file is not what was written; the message names it.
    """
    if not (root / FACTS).exists():
        return None
    facts, content = read_json(root / FACTS), read_bytes(root / PICTURE)
    if sha256(content) != facts["picture"]:
        raise Damaged(root / PICTURE, f"its SHA-256 is not the one in {FACTS}")
    count, columns, height, width = (int(facts[name]) for name in ("count", "columns", "height", "width"))
    return SampleImages(facts["data"], content, count, columns, height, width, tuple(facts["classes"]))


def remove_sample_images(root: Path) -> None:
    """Remove them, for who may not pass them on."""
    for name in (FACTS, PICTURE):
        (root / name).unlink(missing_ok=True)


def _is_there(root: Path, data: str) -> bool:
    """Whether the images of these data are there, undamaged."""
    try:
        found = read_sample_images(root)
    except (StoreError, KeyError, TypeError, ValueError):
        return False
    return found is not None and found.data == data
