"""Images that can be decoded one by one, in any order, each with its place in the files for messages."""

from __future__ import annotations

import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from benchmarks.data.contract import DataCorrupt

DAMAGE = (OSError, EOFError, SyntaxError, ValueError, IndexError, struct.error, Image.DecompressionBombError)
"""What Pillow raises on bytes that are no whole image."""
GREY_MODES = frozenset(("1", "L", "LA"))
DEEP_MODES = frozenset(("I", "F", "I;16", "I;16B", "I;16L", "I;16N"))
"""Modes of Pillow with more than 8 bits per channel, which its conversion would clip."""


class Images(Protocol):
    """Images of one part of a data set."""

    def __len__(self) -> int: ...

    def open(self, position: int) -> Image.Image:
        """The image, with its pixels; raises one of `DAMAGE` where there is none."""

    def place(self, position: int) -> str:
        """Where the image stands: its file, or its file and row."""


@dataclass(frozen=True)
class ImageFiles:
    """Images that are files.

    Attributes:
        folder: what the paths are relative to.
        paths: (N,), as the file system spells them.
    """

    folder: Path
    paths: NDArray[np.bytes_]

    def __len__(self) -> int:
        return len(self.paths)

    def path(self, position: int) -> Path:
        """The file."""
        return self.folder / os.fsdecode(self.paths[position])

    def open(self, position: int) -> Image.Image:
        """See `Images.open`."""
        with Image.open(self.path(position)) as image:
            image.load()
            return image

    def place(self, position: int) -> str:
        """See `Images.place`."""
        return str(self.path(position))


@dataclass(frozen=True)
class PixelImages:
    """Images that are arrays already.

    Attributes:
        pixels: (N, H, W) grey or (N, H, W, 3), uint8.
        name: of the file and array, for messages.
    """

    pixels: NDArray[np.uint8]
    name: str

    def __len__(self) -> int:
        return len(self.pixels)

    def open(self, position: int) -> Image.Image:
        """See `Images.open`."""
        return Image.fromarray(self.pixels[position])

    def place(self, position: int) -> str:
        """See `Images.place`."""
        return f"{self.name}, row {position}"


def decoded(images: Images, position: int) -> Image.Image:
    """An image with its pixels; callers silence Pillow's warnings, once for all threads.

    Raises:
        DataCorrupt: it is damaged, or has more than 8 bits per channel; the message names its place.
    """
    try:
        image = images.open(position)
    except DAMAGE as error:
        why = "of no known kind" if isinstance(error, UnidentifiedImageError) else error
        raise DataCorrupt(f"{images.place(position)} cannot be read as an image: {why}") from error
    if image.mode in DEEP_MODES:
        raise DataCorrupt(
            f"{images.place(position)} has more than 8 bits per pixel (mode {image.mode}); convert it to 8 bits first"
        )
    return image


@contextmanager
def silent() -> Iterator[None]:
    """Pillow's remarks on odd files, which it reads nevertheless, are not shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def is_grey(image: Image.Image) -> bool:
    """Whether an image has one channel, transparency aside."""
    return image.mode in GREY_MODES
