"""Corruptions of images at five severities, by torchvision where it has the operation.

A scale per kind of image, severity 1 to 5 from left to right: `grey` for one channel, such as digits of 28 pixels,
`small` for colours up to 64 pixels a side, and `large` for larger photographs.

| corruption | number | grey | small | large |
|---|---|---|---|---|
| noise | standard deviation, Gaussian | .08 .12 .18 .26 .38 (M) | .04 .06 .08 .09 .10 (C) | .08 .12 .18 .26 .38 (I) |
| blur | standard deviation in pixels, Gaussian | .4 .8 1.2 1.6 2 (m) | .4 .6 .7 .8 1 (C) | 1 2 3 4 6 (I) |
| contrast | factor about each channel's mean | .75 .5 .4 .3 .15 (C) | the same (C) | .4 .3 .2 .1 .05 (I) |
| brightness | added to the value of HSV | .05 .1 .15 .2 .3 (C) | the same (C) | .1 .2 .3 .4 .5 (I) |
| jpeg | quality | 25 18 15 10 7 (M) | 80 65 58 50 40 (C) | 25 18 15 10 7 (I) |
| rotation | degrees, to either side | 11.5 22.9 34.4 45.8 57.3 (M) | 6 12 18 24 30 (E) | the same (E) |
| zoom | times as large, from the centre | .9 .8 .7 .6 .5 (M) | 1.05 1.1 1.15 1.2 1.25 (c) | 1.1 1.15 1.2 1.24 1.3 (i) |

- M: MNIST-C (Mu and Gilmer 2019, `corruptions.py` of google-research/mnist-c); its rotations are .2 to 1 radian.
- m: even steps up to the blur that the code of MNIST-C has as its default. Its own list of severities (1 2 3 4 6) is
  made for photographs, and so are those of brightness and contrast: from the second on they leave networks that were
  trained on digits at chance. Therefore C there.
- C, I: CIFAR-10-C and ImageNet-C (Hendrycks and Dietterich 2019, `make_cifar_c.py` and `make_imagenet_c.py`).
- c, i: the largest enlargement in their zoom blur, without the blur; what lies outside of the frame is lost.
- E: even steps up to the 30 degrees of Engstrom et al. (2019, section 3), on CIFAR-10 and ImageNet.

What a rotation or a smaller zoom brings into the frame is black. A blur reaches 4 standard deviations and mirrors the
image at its edges, where scikit-image, by which the published sets were made, repeats the edges.

The packages `imagecorruptions` (1.1.2 of 2020) and `imagecorruptions-imaug` were not used: they take no images below 32
pixels, have no rotation, and need OpenCV and scikit-image; the former fails with releases of scikit-image that have no
argument `multichannel` (bethgelab/imagecorruptions#30).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from benchmarks.measuring.compression import compress
from benchmarks.training.seeds import derive_seed

SEVERITIES = (1, 2, 3, 4, 5)
SMALL = 64
"""Pixels a side up to which colours have the scale of CIFAR-10-C."""
REACH = 4
"""Standard deviations after which the kernel of a blur is cut off, as by scikit-image."""

Amounts = tuple[float, float, float, float, float]


def noise(images: Tensor, deviation: float, indices: Sequence[int]) -> Tensor:
    """The same standard noise for an image at every severity."""
    drawn = [torch.randn(images.shape[1:], generator=_generator("noise", index)) for index in indices]
    return images + deviation * torch.stack(drawn).to(images)


def blur(images: Tensor, deviation: float, indices: Sequence[int]) -> Tensor:
    """Blurred by a Gaussian."""
    from torchvision.transforms.v2 import functional  # takes seconds, which planning a study does not have

    reach = min(math.ceil(REACH * deviation), min(images.shape[-2:]) - 1)  # a mirror image ends there
    blurred: Tensor = functional.gaussian_blur(images, [2 * reach + 1, 2 * reach + 1], [deviation, deviation])
    return blurred


def contrast(images: Tensor, factor: float, indices: Sequence[int]) -> Tensor:
    """Nearer to the mean of each channel."""
    means: Tensor = images.mean(dim=(2, 3), keepdim=True)
    return means + factor * (images - means)


def brightness(images: Tensor, amount: float, indices: Sequence[int]) -> Tensor:
    """Brighter, of the same hue and saturation: grey pixels by `amount`, colours in proportion."""
    value = images.amax(dim=1, keepdim=True)
    brighter = (value + amount).clamp(max=1)
    return torch.where(value > 0, images * (brighter / value.clamp(min=1e-8)), brighter)


def jpeg(images: Tensor, quality: float, indices: Sequence[int]) -> Tensor:
    """Compressed."""
    return compress(images, int(quality))


def rotation(images: Tensor, degrees: float, indices: Sequence[int]) -> Tensor:
    """Each image to the side that its number draws, the same one at every severity."""
    from torchvision.transforms.v2 import InterpolationMode, functional

    left = [derive_seed("rotation", index) % 2 == 0 for index in indices]
    sides = [functional.rotate(images, side * degrees, InterpolationMode.BILINEAR) for side in (1, -1)]
    rotated: Tensor = torch.where(torch.tensor(left, device=images.device)[:, None, None, None], sides[0], sides[1])
    return rotated


def zoom(images: Tensor, factor: float, indices: Sequence[int]) -> Tensor:
    """Smaller below 1, with a black frame; larger above 1, cut."""
    from torchvision.transforms.v2 import InterpolationMode, functional

    zoomed: Tensor = functional.affine(images, 0, [0, 0], factor, [0.0, 0.0], InterpolationMode.BILINEAR)
    return zoomed


def _generator(name: str, index: int) -> torch.Generator:
    return torch.Generator().manual_seed(derive_seed(name, index))


@dataclass(frozen=True)
class Corruption:
    """A corruption, and its number by severity on each scale."""

    apply: Callable[[Tensor, float, Sequence[int]], Tensor]
    grey: Amounts
    small: Amounts
    large: Amounts

    def amount(self, shape: torch.Size | tuple[int, ...], severity: int) -> float:
        """The number for images (..., C, H, W) at a severity from 1 to 5."""
        channels, *sides = shape[-3:]
        scale = self.grey if channels == 1 else self.small if max(sides) <= SMALL else self.large
        return scale[severity - 1]


_NOISE: Amounts = (0.08, 0.12, 0.18, 0.26, 0.38)
_CONTRAST: Amounts = (0.75, 0.5, 0.4, 0.3, 0.15)
_BRIGHTNESS: Amounts = (0.05, 0.1, 0.15, 0.2, 0.3)
_QUALITY: Amounts = (25, 18, 15, 10, 7)
_DEGREES: Amounts = (6, 12, 18, 24, 30)

CORRUPTIONS: Mapping[str, Corruption] = {
    "noise": Corruption(noise, _NOISE, (0.04, 0.06, 0.08, 0.09, 0.10), _NOISE),
    "blur": Corruption(blur, (0.4, 0.8, 1.2, 1.6, 2.0), (0.4, 0.6, 0.7, 0.8, 1.0), (1, 2, 3, 4, 6)),
    "contrast": Corruption(contrast, _CONTRAST, _CONTRAST, (0.4, 0.3, 0.2, 0.1, 0.05)),
    "brightness": Corruption(brightness, _BRIGHTNESS, _BRIGHTNESS, (0.1, 0.2, 0.3, 0.4, 0.5)),
    "jpeg": Corruption(jpeg, _QUALITY, (80, 65, 58, 50, 40), _QUALITY),
    "rotation": Corruption(rotation, (11.5, 22.9, 34.4, 45.8, 57.3), _DEGREES, _DEGREES),
    "zoom": Corruption(zoom, (0.9, 0.8, 0.7, 0.6, 0.5), (1.05, 1.1, 1.15, 1.2, 1.25), (1.1, 1.15, 1.2, 1.24, 1.3)),
}
"""Corruptions by name; the docstring of this module has their scales as a table, with sources."""


def corrupt(name: str, images: Tensor, severity: int, indices: Sequence[int]) -> Tensor:
    """Corrupted images (N, C, H, W), pixels in [0, 1].

    What is drawn depends on the corruption and on the image's number alone, so that all networks see the same images,
    whatever the size of their batches.

    Args:
        name: of `CORRUPTIONS`.
        images: (N, C, H, W) float, pixels in [0, 1].
        severity: 1 to 5.
        indices: N numbers of the images within the test split.
    """
    corruption = CORRUPTIONS[name]
    return corruption.apply(images, corruption.amount(images.shape, severity), indices).clamp(0, 1)
