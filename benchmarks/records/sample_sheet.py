"""What a picture of test images is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SampleImages:
    """The first images of the test split, in rows from the top left.

    Attributes:
        picture: PNG.
        count: how many images.
        columns: in a row.
        height: of an image, pixels.
        width: of an image, pixels.
        classes: a name for each label.
    """

    picture: bytes
    count: int
    columns: int
    height: int
    width: int
    classes: tuple[str, ...]
