"""Projected gradient descent within a ball that attacks each image until it is fooled.

Start, step and projection are those of foolbox's `LinfPGD` (3.3.4), down to the order of the arithmetic: without the
early stop, the same random state gives the same images, bit for bit. Foolbox takes every step for every image and
judges the last iterate. Here every iterate is judged, by the forward pass that its gradient needs anyway, and a fooled
image leaves the batch. What that changes:

- Robust accuracy is foolbox's or lower: an image that is fooled on the way and recovers by the last step counts as
  fooled, as in AutoAttack. On networks trained on 3,500 digits, PGD-20 on 300 images at six epsilons: the same on a
  ResNet and a SkipNet; on an early-exit network up to 1 point lower, on one with hard gates up to 2.3, since their
  rules are steps that an iterate may cross back.
- The images differ. The first success lies near the decision boundary, the last iterate is a confident mistake. An
  early-exit network is unsure of the first and sure of the other, so that computation under this attack is
  higher: 67 % of nominal against 49 % at epsilon 0.3 on that BranchyNet. Neither attack aims at the cost.
- Epsilons are attacked one by one, each from its own start, as by foolbox. Starting from what fooled at a smaller
  epsilon would make accuracy fall with epsilon by construction. A rise is a sign of masked gradients (Carlini et al.
  2019), and would be hidden.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from benchmarks.measuring.attacks import Attack, Perturb, Target, attack
from benchmarks.measuring.attacks.balls import Ball, Norm
from benchmarks.measuring.attacks.by_foolbox import by_foolbox
from benchmarks.measuring.attacks.in_turn import in_turn
from benchmarks.measuring.attacks.leaving import Leaving
from benchmarks.measuring.attacks.losses import cross_entropy

REACH = 2.5
"""Steps times step size, in epsilons (Madry et al. 2018): foolbox's default of 1/30 a step needs 30 to cross a ball."""
ENGINES = {
    "compacting": "an image is attacked until it is fooled; its answer and its cost are those of the first success, "
    "near the decision boundary",
    "foolbox": "every image takes every step (foolbox); its answer and its cost are those of the last",
}
"""What the engines do, for readers."""


@attack("PGD")
class PGD(Attack):
    """Projected gradient descent from random starts, with a fixed step of 2.5 epsilon / steps.

    Attributes:
        steps: along the gradient.
        restarts: random starts, of which the later ones are for images that are not fooled yet.
        norm: of the ball.
        engine: `compacting` is `pgd`, on a copy of the network with batch norm folded; `foolbox` is its PGD.
    """

    steps: int = Field(20, ge=1)
    restarts: int = Field(1, ge=1)
    norm: Norm = "Linf"
    engine: Literal["compacting", "foolbox"] = "compacting"

    def label(self) -> str:
        """PGD-20 where it takes 20 steps, PGD-20x5 from five starts."""
        return f"{self.name}-{self.steps}{f'x{self.restarts}' if self.restarts > 1 else ''}{self.norm_suffix()}"

    def strength(self) -> int:
        """All its steps."""
        return self.steps * self.restarts

    def prepare(self, target: Target) -> Perturb:
        """The attack by the engine that was chosen."""
        once = self._by_foolbox(target) if self.engine == "foolbox" else self._compacting(target.folded)

        def perturb(images: Tensor, labels: Tensor, epsilon: float) -> Tensor:
            tries = [partial(once, epsilon=epsilon)] * self.restarts
            return in_turn(target.right, images, labels, tries)

        return once if self.restarts == 1 else perturb

    def _by_foolbox(self, target: Target) -> Perturb:
        from foolbox.attacks import L2PGD, LinfPGD

        kind = LinfPGD if self.norm == "Linf" else L2PGD
        return by_foolbox(kind(rel_stepsize=REACH / self.steps, steps=self.steps), target)

    def _compacting(self, model: nn.Module) -> Perturb:
        def perturb(images: Tensor, labels: Tensor, epsilon: float) -> Tensor:
            ball = Ball(self.norm, epsilon)
            return pgd(model, images, labels, ball, steps=self.steps, rel_stepsize=REACH / self.steps)

        return perturb

    def sentence(self) -> str:
        """How far its steps go, and which of them counts."""
        starts = "one random start" if self.restarts == 1 else f"each of {self.restarts} random starts"
        reach = f"{self.name}’s steps add up to {REACH:g} times the radius, from {starts}"
        return f"{reach}; {ENGINES[self.engine]}"


def pgd(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    ball: Ball,
    *,
    steps: int,
    rel_stepsize: float,
    early_stop: bool = True,
) -> Tensor:
    """Adversarial images (N, C, H, W): of each image the first iterate that is misclassified, else the last.

    Args:
        model: images in [0, 1] to logits, each image by itself; in eval mode, its parameters frozen.
        images: (N, C, H, W) float32, pixels in [0, 1].
        labels: (N,) int64.
        ball: where iterates may be.
        steps: at most, from a random start that torch's global generator draws.
        rel_stepsize: length of a step, in epsilons.
        early_stop: let fooled images leave; else every image takes every step.
    """
    x, clean, leaving = ball.start(images), images, Leaving(images)
    for _ in range(steps):
        logits, _, gradient = ascent(model, x, labels, _cross_entropy)
        if early_stop:
            kept = leaving.judge(x, logits.argmax(dim=1) == labels)
            if leaving.left == 0:
                return leaving.found
            if kept is not None:
                labels, x, clean, gradient = labels[kept], x[kept], clean[kept], gradient[kept]
        x.add_(ball.step(gradient), alpha=rel_stepsize * ball.epsilon)
        ball.project_(x, clean)
    return leaving.end(x)


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    return cross_entropy(logits, labels, labels)


def ascent(
    model: Callable[[Tensor], Tensor], x: Tensor, labels: Tensor, loss: Callable[[Tensor, Tensor], Tensor]
) -> tuple[Tensor, Tensor, Tensor]:
    """Logits (N, K), the losses (N,), and their gradients with respect to the images (N, C, H, W)."""
    x = x.detach().requires_grad_()
    with torch.enable_grad():
        logits = model(x)
        losses = loss(logits, labels)
        (gradient,) = torch.autograd.grad(losses.sum(), x)
    return logits.detach(), losses.detach(), gradient
