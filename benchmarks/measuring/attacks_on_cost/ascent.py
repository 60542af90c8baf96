"""Ascent within an L-infinity ball by signs of averaged gradients, in which images leave once they have what is sought.

A step is `epsilon * (1 + cos(pi * k / steps))`: from twice the radius, as APGD's first (Croce & Hein 2020), down to
nothing, but without APGD's checkpoints, for which a dozen steps are too few. Gradients are scaled to equal mean size
and averaged with momentum (Dong et al. 2018): decisions are steps, and a plain sign swings across them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks.measuring.attacks_on_cost.objective import Objective
from zoo.network import Forward

MOMENTUM = 0.75
GRAIN = 4
"""Batches shrink to multiples of this, as in `benchmarks.measuring.attacks.pgd`, which says why."""

Seen = Callable[[Tensor, Tensor, Forward], Tensor]
"""Row numbers (n,), images of those rows (n, C, H, W) and their output, to (n,) bool: whose search goes on. It is
called for every iterate, and keeps what it wants."""


def ascend(
    net: nn.Module,
    objective: Objective,
    seen: Seen,
    start: Tensor,
    clean: Tensor,
    classes: Tensor,
    rows: Tensor,
    *,
    epsilon: float,
    steps: int,
    leave: bool = True,
) -> None:
    """Climb from a start, and show every iterate, the start and the last one included, to `seen`.

    Args:
        net: images to `Forward` with every unit computed; in eval mode, its parameters frozen.
        objective: what is climbed.
        seen: what looks at every iterate.
        start: (N, C, H, W), of all images.
        clean: (N, C, H, W), centres of the balls.
        classes: (N,) int64, that the objective asks for.
        rows: (n,) numbers of the images that are searched.
        epsilon: radius of the ball, in units of [0, 1] pixels.
        steps: at most.
        leave: let images leave; else every one takes every step.
    """
    if not len(rows):
        return
    x, centre = _inside(start[rows], clean[rows], epsilon), clean[rows]
    trend = torch.zeros_like(x)
    for step in range(steps):
        out, gradient = _gradient(net, objective, x, classes[rows])
        on = seen(rows, x, out)
        if leave:
            left = int(on.sum())
            if left == 0:
                return
            if (kept := -(-left // GRAIN) * GRAIN) < len(rows):
                chosen = on.int().argsort(descending=True, stable=True)[:kept]
                rows, x, centre = rows[chosen], x[chosen], centre[chosen]
                trend, gradient = trend[chosen], gradient[chosen]
        size = gradient.abs().flatten(1).mean(dim=1).clamp_min(torch.finfo(x.dtype).tiny)
        trend = MOMENTUM * trend + gradient / size.view(-1, 1, 1, 1)
        length = epsilon * (1 + math.cos(math.pi * step / steps))
        x = _inside(x + length * trend.sign(), centre, epsilon)
    with torch.no_grad():
        seen(rows, x, net(x))


def _inside(x: Tensor, centre: Tensor, epsilon: float) -> Tensor:
    """Images (N, C, H, W) projected onto the balls and onto [0, 1]."""
    return ((x - centre).clamp(-epsilon, epsilon) + centre).clamp(0, 1)


def _gradient(net: nn.Module, objective: Objective, x: Tensor, classes: Tensor) -> tuple[Forward, Tensor]:
    """Output, and the gradient of the summed objective with respect to the images."""
    x = x.detach().requires_grad_()
    with torch.enable_grad():
        out: Forward = net(x)
        (gradient,) = torch.autograd.grad(objective(out, classes).sum(), x)
    return out, gradient
