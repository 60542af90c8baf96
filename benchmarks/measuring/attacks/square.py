"""Square attack (Andriushchenko et al. 2020) in the maximum norm: random squares, no gradients, as a check of those.

An image starts at the corners of its ball, with vertical stripes. A query proposes a square at a random place, whose
channels are at one end of the ball each, and keeps it where the margin of the label falls. The square's area starts
at a share of the image and is halved on the way. Fooled images leave the batch.
"""

from __future__ import annotations

import math

import torch
from pydantic import Field
from torch import Tensor, nn

from benchmarks.measuring.attacks import Attack, Perturb, Target, attack
from benchmarks.measuring.attacks.leaving import Leaving

HALVED_AT = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
"""Queries, of 10,000, after which the area is halved; shorter attacks are scaled."""
OF = 10_000


@attack("Square")
class Square(Attack):
    """Random search by squares.

    Attributes:
        queries: of the network, at most.
        area: share of the image that the first square covers.
    """

    queries: int = Field(500, ge=1)
    area: float = Field(0.8, gt=0, le=1)

    def label(self) -> str:
        """Square-500 for 500 queries."""
        return f"{self.name}-{self.queries}"

    def strength(self) -> int:
        """Its queries."""
        return self.queries

    def prepare(self, target: Target) -> Perturb:
        """The attack on a copy of the network with batch norm folded."""

        def perturb(images: Tensor, labels: Tensor, epsilon: float) -> Tensor:
            with torch.no_grad():
                return square(target.folded, images, labels, epsilon, queries=self.queries, area=self.area)

        return perturb

    def sentence(self) -> str:
        """What it is for."""
        return "Square asks for no gradient: where it finds what gradients do not, they are masked"


def square(model: nn.Module, images: Tensor, labels: Tensor, epsilon: float, *, queries: int, area: float) -> Tensor:
    """Adversarial images (N, C, H, W): of each the first that is misclassified, else the one with the least margin.

    Args:
        model: images in [0, 1] to logits, each image by itself.
        images: (N, C, H, W) float32, pixels in [0, 1].
        labels: (N,) int64.
        epsilon: radius, in units of [0, 1] pixels.
        queries: at most, the first of the stripes.
        area: share of the image that the first square covers.
    """
    leaving = Leaving(images)
    clean = images
    x = (clean + epsilon * _signs(len(images), images.shape[1], 1, images.shape[3], images)).clamp_(0, 1)
    margins = _margins(model(x), labels)
    for query in range(1, queries + 1):
        kept = leaving.judge(x, margins > 0)
        if leaving.left == 0:
            return leaving.found
        if kept is not None:
            x, clean, labels, margins = x[kept], clean[kept], labels[kept], margins[kept]
        if query == queries:
            break
        proposed = _with_square(x, clean, epsilon, _side(area, query / queries, clean))
        found = _margins(model(proposed), labels)
        better = found < margins
        x, margins = torch.where(better[:, None, None, None], proposed, x), torch.where(better, found, margins)
    return leaving.end(x)


def _side(area: float, progress: float, images: Tensor) -> int:
    """Pixels on a side of the square."""
    height, width = images.shape[2:]
    halvings = sum(progress > at / OF for at in HALVED_AT)
    side = round(math.sqrt(area / 2**halvings * height * width))
    return min(max(side, 1), height, width)


def _with_square(x: Tensor, clean: Tensor, epsilon: float, side: int) -> Tensor:
    """The images with a square each, at a place of its own."""
    samples, channels, height, width = x.shape
    rows = torch.randint(height - side + 1, (samples, 1), device=x.device) + torch.arange(side, device=x.device)
    columns = torch.randint(width - side + 1, (samples, 1), device=x.device) + torch.arange(side, device=x.device)
    inside = torch.zeros(samples, 1, height, width, dtype=torch.bool, device=x.device)
    numbers = torch.arange(samples, device=x.device)[:, None, None]
    inside[numbers, 0, rows[:, :, None], columns[:, None, :]] = True
    ends = (clean + epsilon * _signs(samples, channels, 1, 1, x)).clamp_(0, 1)
    return torch.where(inside, ends, x)


def _signs(samples: int, channels: int, height: int, width: int, like: Tensor) -> Tensor:
    """Random signs, in the dtype and on the device of an image."""
    return torch.randint(2, (samples, channels, height, width), device=like.device).to(like.dtype) * 2 - 1


def _margins(logits: Tensor, labels: Tensor) -> Tensor:
    """The label's logit over the greatest other one, (N,)."""
    own = logits.gather(1, labels[:, None]).squeeze(1)
    return own - logits.scatter(1, labels[:, None], -torch.inf).amax(dim=1)
