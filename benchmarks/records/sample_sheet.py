"""What a picture of test images is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SampleImages:
    """The first images of the test split, in rows from the top left.

    Attributes:
        data: of which they are, as records have it.
        picture: PNG.
        count: how many images.
        columns: in a row.
        height: of an image on the picture, pixels.
        width: likewise.
        classes: a name for each label.
    """

    data: str
    picture: bytes
    count: int
    columns: int
    height: int
    width: int
    classes: tuple[str, ...]
