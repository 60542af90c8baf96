"""Threat models: balls around images, intersected with [0, 1], in which an attacker may choose."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor

Norm = Literal["Linf", "L2"]
SMALLEST = 1e-12
"""Length of a gradient below which it has no direction."""


class Ball(NamedTuple):
    """All images at most `epsilon` away from an image, with pixels in [0, 1].

    Attributes:
        norm: of the difference of all pixels of an image, before the network normalises them.
        epsilon: radius; one pixel from black to white is 1.
    """

    norm: Norm
    epsilon: float

    def start(self, images: Tensor) -> Tensor:
        """A uniformly drawn point of the ball around each image (N, C, H, W), clipped to [0, 1]."""
        if self.norm == "Linf":
            noise = torch.rand(images.shape, dtype=images.dtype, device=images.device)
            return (images + (noise * (2 * self.epsilon) - self.epsilon)).clamp_(0, 1)
        direction = torch.randn_like(images)
        radius = torch.rand(len(images), dtype=images.dtype, device=images.device) ** (1 / images[0].numel())
        return (images + self.epsilon * _rows(radius) * direction / _rows(_lengths(direction))).clamp_(0, 1)

    def step(self, gradient: Tensor) -> Tensor:
        """Steps of length 1 in this norm along gradients (N, C, H, W), which are overwritten."""
        if self.norm == "Linf":
            return gradient.sign_()
        return gradient.div_(_rows(_lengths(gradient).clamp_min_(SMALLEST)))

    def project_(self, x: Tensor, images: Tensor) -> Tensor:
        """Put points (N, C, H, W) into the balls around their images, in place: into the ball, then into [0, 1]."""
        x.sub_(images)
        if self.norm == "Linf":
            x.clamp_(-self.epsilon, self.epsilon)
        else:
            x.mul_(_rows((self.epsilon / _lengths(x).clamp_min_(SMALLEST)).clamp_(max=1)))
        return x.add_(images).clamp_(0, 1)


def distances(norm: Norm, x: Tensor, images: Tensor) -> Tensor:
    """Distance (N,) of each point from its image, both (N, C, H, W)."""
    difference = x - images
    return difference.abs().flatten(1).amax(dim=1) if norm == "Linf" else _lengths(difference)


def _lengths(x: Tensor) -> Tensor:
    lengths: Tensor = x.flatten(1).norm(dim=1)
    return lengths


def _rows(values: Tensor) -> Tensor:
    return values[:, None, None, None]
