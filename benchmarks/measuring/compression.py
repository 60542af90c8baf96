"""JPEG compression of images, as a corruption and as a defence; Pillow encodes and decodes.

Pillow made the JPEGs of CIFAR-10-C, too. That of torchvision is deprecated since 0.29.
"""

from __future__ import annotations

import io

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

CHANNELS = (1, 3)
"""JPEG knows grey and colour images."""


def compress(images: Tensor, quality: int) -> Tensor:
    """Images after JPEG: colours are stored at half the resolution, a grey image stays grey.

    Args:
        images: (N, C, H, W) float, pixels in [0, 1]; they are rounded to whole steps of 1/255 first.
        quality: 1 to 100.

    Raises:
        ValueError: the images have neither 1 nor 3 channels.
    """
    if images.shape[1] not in CHANNELS:
        raise ValueError(f"JPEG compresses images of 1 or 3 channels, not of {images.shape[1]}")
    pixels = images.detach().mul(255).round().to(torch.uint8).cpu().permute(0, 2, 3, 1).numpy()
    decoded = torch.from_numpy(np.stack([_through(image, quality) for image in pixels]))
    return decoded.permute(0, 3, 1, 2).contiguous().to(images).div(255)


def _through(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """One image (H, W, C), encoded and decoded."""
    stream = io.BytesIO()
    Image.fromarray(pixels.squeeze(2) if pixels.shape[2] == 1 else pixels).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream)).reshape(pixels.shape)


class Compressed(nn.Module):
    """A model behind JPEG, as an attacker sees it who differentiates through the compression.

    Compression has no useful gradient. Backward it is the identity, which it resembles: backward pass differentiable
    approximation (BPDA; Athalye et al. 2018, section 4.1).
    """

    def __init__(self, model: nn.Module, quality: int) -> None:
        super().__init__()
        self.model, self.quality = model, quality

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, K) of the compressed images (N, C, H, W), with the gradient of the identity."""
        compressed = compress(images, self.quality) + (images - images.detach())
        logits: Tensor = self.model(compressed)
        return logits
