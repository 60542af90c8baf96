"""How images become the shape that a network gets: scaled, cut to their middle, grey or in colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.data.contract import DataCorrupt, Shape
from benchmarks.data.sources.images import Images, decoded, is_grey, silent

ZOOM = 256 / 224
"""Shorter side over crop where only the crop is given (He et al. 2016)."""
PROBED = 256
"""Training images, from first to last, that are looked at to find their size, and whether all are grey."""
MODES = {1: "L", 3: "RGB"}
"""Of Pillow, by number of channels."""
GIVE_SIZE = "give the size that all shall have: crop=PIXELS, or resize=PIXELS for the shorter side before the crop"


@dataclass(frozen=True)
class Fit:
    """From an image to the pixels that a network gets.

    Attributes:
        shape: (C, H, W) of the result.
        resize: shorter side before the middle is cut out, pixels; None: images of another size than the shape are
            refused.
        as_is: whether images that have the size of the shape already are not scaled.
        found_grey: whether one channel was found, not asked for; an image in colour is then refused.
    """

    shape: Shape
    resize: int | None = None
    as_is: bool = True
    found_grey: bool = False

    def pixels(self, images: Images, position: int) -> NDArray[np.uint8]:
        """(C, H, W) uint8, without augmentation.

        Raises:
            DataCorrupt: the image is damaged, of another size, or in colour among grey ones; the message names it.
        """
        channels, height, width = self.shape
        image = self.middle(self.image(images, position))
        return np.asarray(image).reshape(height, width, channels).transpose(2, 0, 1)

    def image(self, images: Images, position: int) -> Image.Image:
        """The image in its own size, in the mode of the channels; raises as `pixels` does."""
        image = decoded(images, position)
        channels, height, width = self.shape
        if self.resize is None and image.size != (width, height):
            raise DataCorrupt(
                f"{images.place(position)} is {image.width} x {image.height} pixels, others are {width} x {height}; "
                f"{GIVE_SIZE}"
            )
        if self.found_grey and not is_grey(image):
            raise DataCorrupt(f"{images.place(position)} is in colour, others are grey; give channels=3 or channels=1")
        return image.convert(MODES[channels])

    def middle(self, image: Image.Image) -> Image.Image:
        """The image, scaled so that its shorter side is `resize`, then its middle."""
        _, height, width = self.shape
        if self.resize is None or (self.as_is and image.size == (width, height)):
            return image
        shorter = min(image.size)
        if shorter != self.resize:
            scaled_width, scaled_height = (int(self.resize * side / shorter) for side in image.size)
            image = image.resize((scaled_width, scaled_height), Image.Resampling.BILINEAR)
        left, top = round((image.width - width) / 2), round((image.height - height) / 2)
        return image.crop((left, top, left + width, top + height))

    def as_numbers(self) -> list[float]:
        """For a file: `of_numbers` reads it."""
        return [*self.shape, self.resize or 0, self.as_is, self.found_grey]

    @classmethod
    def of_numbers(cls, stored: Sequence[float]) -> Fit:
        """What `as_numbers` gave."""
        channels, height, width, resize, as_is, found_grey = map(int, stored)
        return cls((channels, height, width), resize or None, bool(as_is), bool(found_grey))


def find_fit(images: Images, *, resize: int | None, crop: int | None, channels: int | None) -> Fit:
    """The shape that a data set's images get, from the options and a look at its first training images.

    With `crop` alone, images of that size stay as they are, and others are scaled to 8/7 of it first, as in ImageNet's
    evaluation. With `resize` alone, the middle square stays. With neither, all images must have one size.

    Raises:
        DataCorrupt: an image is damaged, or sizes differ and no option says what shall be done.
    """
    looked_at = np.unique(np.linspace(0, len(images) - 1, PROBED).astype(int)).tolist()
    with silent():
        seen = [decoded(images, position) for position in looked_at]
    grey = all(is_grey(image) for image in seen)
    found, found_grey = channels or (1 if grey else 3), channels is None and grey
    side = crop or resize
    if side is not None:
        return Fit((found, side, side), resize or round(side * ZOOM), resize is None, found_grey)
    sizes = {image.size: position for position, image in zip(looked_at, seen, strict=True)}
    if len(sizes) > 1:
        (one, first), (other, second) = [*sizes.items()][:2]
        raise DataCorrupt(
            f"images differ in size: {one[0]} x {one[1]} pixels ({images.place(first)}), "
            f"{other[0]} x {other[1]} ({images.place(second)}); {GIVE_SIZE}"
        )
    width, height = next(iter(sizes))
    return Fit((found, height, width), found_grey=found_grey)
