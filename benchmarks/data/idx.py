"""The IDX format of MNIST and its relatives: a magic number, sizes, then bytes."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np

from benchmarks.data.contract import DataCorrupt
from benchmarks.data.gz import inflate
from benchmarks.data.splitting import Images, Labels

UNSIGNED_BYTE = 0x08
"""Third byte of the magic number; the fourth is the number of dimensions."""


def read_bytes(path: Path) -> bytes:
    """Content of a file, decompressed where its name ends in .gz.

    Raises:
        DataCorrupt: it is not whole.
    """
    content = path.read_bytes()
    return inflate(content, path) if path.suffix == ".gz" else content


def parse_images(content: bytes, name: object) -> Images:
    """Grey images (N, 1, H, W) uint8 of an IDX file with three dimensions.

    Args:
        content: all bytes of the file.
        name: of the file, for messages.

    Raises:
        DataCorrupt: wrong magic number, or sizes that do not match the number of bytes.
    """
    return np.expand_dims(_parse(content, name, dimensions=3), 1)


def parse_labels(content: bytes, name: object, *, classes: int) -> Labels:
    """Labels (N,) int64 of an IDX file with one dimension.

    Raises:
        DataCorrupt: wrong magic number, size, or a label outside 0..classes-1.
    """
    labels = _parse(content, name, dimensions=1)
    if labels.size and labels.max() >= classes:
        raise DataCorrupt(f"{name} holds the label {labels.max()}; the last class is {classes - 1}")
    return labels.astype(np.int64)


def check_pair(images: Images, labels: Labels, name: object) -> None:
    """Refuse images and labels that do not belong together.

    Raises:
        DataCorrupt: their numbers differ.
    """
    if len(images) != len(labels):
        raise DataCorrupt(f"{name} holds {len(images)} images for {len(labels)} labels")


def _parse(content: bytes, name: object, *, dimensions: int) -> Images:
    header = 4 * (1 + dimensions)
    if len(content) < header:
        raise DataCorrupt(f"{name} is damaged: {len(content)} bytes are too few for an IDX header")
    magic, *sizes = struct.unpack(f">{1 + dimensions}I", content[:header])
    expected = UNSIGNED_BYTE << 8 | dimensions
    if magic != expected:
        raise DataCorrupt(f"{name} is not IDX bytes: magic number {magic:#010x}, expected {expected:#010x}")
    if math.prod(sizes) != len(content) - header:
        needed = math.prod(sizes)
        raise DataCorrupt(f"{name} is damaged: {sizes} needs {needed} bytes, not {len(content) - header}")
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(sizes)
