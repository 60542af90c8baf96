"""Auto-PGD (Croce & Hein 2020): projected gradient descent whose step shrinks where an image makes no progress.

Steps begin twice as long as the radius and are halved, image by image, at checkpoints where fewer than three in four
steps raised the loss, or where neither the step nor the best loss changed since the checkpoint before. The image then
goes on from its best point. Momentum keeps a quarter of the step before. Fooled images leave the batch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import partial
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from benchmarks.measuring.attacks import Attack, Perturb, Target, attack
from benchmarks.measuring.attacks.balls import Ball, Norm
from benchmarks.measuring.attacks.in_turn import Right, in_turn
from benchmarks.measuring.attacks.leaving import Leaving
from benchmarks.measuring.attacks.losses import Loss, cross_entropy, dlr, likeliest_others, targeted_dlr
from benchmarks.measuring.attacks.pgd import ascent
from benchmarks.measuring.attacks.surrogates import DEPLOYED, Surrogate, surrogates

MOMENTUM = 0.75
"""Share of the new step; the rest is that of the step before."""
PROGRESS = 0.75
"""Share of steps that have to raise the loss."""
FIRST, SHORTEN, SHORTEST = 22, 3, 6
"""The first checkpoint, how much sooner each next one comes, and the least distance, in percent of all steps."""

LOSSES: dict[str, Loss] = {"ce": cross_entropy, "dlr": dlr, "targeted": targeted_dlr}


@attack("APGD")
class APGD(Attack):
    """Auto-PGD from random starts.

    Attributes:
        loss: `ce`, cross-entropy; `dlr`; or `targeted`, DLR towards each of the likeliest other classes in turn.
        steps: along the gradient, for each start and target.
        targets: number of classes, where it is targeted.
        restarts: random starts.
        norm: of the ball.
        through: whose gradients it follows (`benchmarks.measuring.attacks.surrogates`); the network that is deployed
            judges every iterate.
    """

    loss: Literal["ce", "dlr", "targeted"] = "ce"
    steps: int = Field(50, ge=2)
    targets: int = Field(3, ge=1)
    restarts: int = Field(1, ge=1)
    norm: Norm = "Linf"
    through: Surrogate = DEPLOYED

    def label(self) -> str:
        """APGD-CE-50, APGD-DLR-50, or APGD-T3-50 for three targets; then whose gradients, if not the network's own."""
        kind = f"T{self.targets}" if self.loss == "targeted" else self.loss.upper()
        times = f"x{self.restarts}" if self.restarts > 1 else ""
        through = "" if self.through == DEPLOYED else f" ({self.through})"
        return f"{self.name}-{kind}-{self.steps}{times}{through}{self.norm_suffix()}"

    def strength(self) -> int:
        """All its steps."""
        return self.steps * self.restarts * (self.targets if self.loss == "targeted" else 1)

    def applies(self, target: Target) -> bool:
        """Where the network has what the gradients go through."""
        return bool(surrogates(target.net, self.through))

    def prepare(self, target: Target) -> Perturb:
        """The attack on a copy of the network with batch norm folded."""
        models = surrogates(target.folded.net, self.through)

        def perturb(images: Tensor, labels: Tensor, epsilon: float) -> Tensor:
            ball = Ball(self.norm, epsilon)
            places = range(min(self.targets, target.net.task.classes - 1)) if self.loss == "targeted" else [None]
            tries = [
                partial(self._once, model, target, ball, place)
                for model in models
                for _ in range(self.restarts)
                for place in places
            ]
            return in_turn(target.right, images, labels, tries)

        return perturb

    def _once(
        self, model: nn.Module, target: Target, ball: Ball, place: int | None, images: Tensor, labels: Tensor
    ) -> Tensor:
        aims = None
        if place is not None:
            with torch.no_grad():
                aims = likeliest_others(target.folded(images), labels)[:, place]
        right = None if self.through == DEPLOYED else target.right
        return apgd(
            *(model, images, labels, ball),
            loss=LOSSES[self.loss],
            steps=self.steps,
            aims=aims,
            right=right,
        )


@dataclass
class State:
    """What is known of the n images that are in the batch.

    Attributes:
        images: (n, C, H, W), clean.
        labels: (n,) int64.
        aims: (n,) int64, classes that a targeted loss aims at.
        x: (n, C, H, W), where they are.
        before: where they were a step before.
        losses: (n,), at `x`.
        gradient: (n, C, H, W), at `x`.
        best: the points with the greatest losses.
        best_losses: (n,), there.
        best_gradient: likewise.
        step: (n,), lengths of steps.
        raised: (n,), steps since the last checkpoint that raised the loss.
        checked_losses: (n,), the greatest losses at the last checkpoint.
        halved: (n,) bool, whether the step was halved there.
    """

    images: Tensor
    labels: Tensor
    aims: Tensor
    x: Tensor
    before: Tensor
    losses: Tensor
    gradient: Tensor
    best: Tensor
    best_losses: Tensor
    best_gradient: Tensor
    step: Tensor
    raised: Tensor
    checked_losses: Tensor
    halved: Tensor

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows (m,) only."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name)[rows])

    def move(self, ball: Ball, *, momentum: bool) -> None:
        """Take a step along the gradient, and a part of the step before."""
        ahead = ball.project_(self.x + _rows(self.step) * ball.step(self.gradient.clone()), self.images)
        if momentum:
            new = self.x + MOMENTUM * (ahead - self.x) + (1 - MOMENTUM) * (self.x - self.before)
            ahead = ball.project_(new, self.images)
        self.before, self.x = self.x, ahead

    def learn(self, losses: Tensor, gradient: Tensor) -> None:
        """Take in what was found at `x`."""
        self.raised += losses > self.losses
        self.losses, self.gradient = losses, gradient
        better = losses > self.best_losses
        self.best_losses = torch.where(better, losses, self.best_losses)
        self.best = torch.where(_rows(better), self.x, self.best)
        self.best_gradient = torch.where(_rows(better), gradient, self.best_gradient)

    def check(self, steps: int) -> None:
        """Halve the steps of images that made no progress in the steps since the last checkpoint; see the module."""
        stuck = ~self.halved & (self.best_losses <= self.checked_losses)
        self.halved = stuck | (self.raised < PROGRESS * steps)
        self.step = torch.where(self.halved, self.step / 2, self.step)
        self.x = torch.where(_rows(self.halved), self.best, self.x)
        self.gradient = torch.where(_rows(self.halved), self.best_gradient, self.gradient)
        self.losses = torch.where(self.halved, self.best_losses, self.losses)
        self.checked_losses, self.raised = self.best_losses, torch.zeros_like(self.raised)


def apgd(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    ball: Ball,
    *,
    loss: Loss,
    steps: int,
    aims: Tensor | None = None,
    right: Right | None = None,
) -> Tensor:
    """Adversarial images (N, C, H, W): of each image the first iterate that is misclassified, else the best.

    Args:
        model: images in [0, 1] to logits, each image by itself; in eval mode, its parameters frozen.
        images: (N, C, H, W) float32, pixels in [0, 1].
        labels: (N,) int64.
        ball: where iterates may be.
        loss: is maximised.
        steps: from a random start that torch's global generator draws.
        aims: (N,) int64, classes that a targeted loss aims at; None for the others.
        right: judges the iterates, where that is not `model`.
    """
    leaving = Leaving(images)
    x, aims = ball.start(images), labels if aims is None else aims
    logits, losses, gradient = ascent(model, x, labels, lambda z, y: loss(z, y, aims))
    step = torch.full_like(losses, 2 * ball.epsilon)
    none, halved = torch.zeros_like(losses), torch.ones_like(labels, dtype=torch.bool)
    own = images, labels, aims
    state = State(*own, x, x, losses, gradient, x, losses, gradient, step, none, losses, halved)
    last, *marks = checkpoints(steps)
    for number in range(steps + 1):
        if number > 0:
            state.move(ball, momentum=number > 1)
            logits, losses, gradient = ascent(model, state.x, state.labels, lambda z, y: loss(z, y, state.aims))
            state.learn(losses, gradient)
        kept = leaving.judge(state.x, _judged(state, logits, right))
        if leaving.left == 0:
            return leaving.found
        if kept is not None:
            state.keep(kept)
        if number in marks:
            state.check(number - last)
            last = number
    return leaving.end(state.best)


def _judged(state: State, logits: Tensor, right: Right | None) -> Tensor:
    return logits.argmax(dim=1) == state.labels if right is None else right(state.x, state.labels)


def _rows(values: Tensor) -> Tensor:
    return values[:, None, None, None]


def checkpoints(steps: int) -> list[int]:
    """The numbers of steps after which progress is judged."""
    places = [0, FIRST]
    while places[-1] < 100:
        places.append(places[-1] + max(places[-1] - places[-2] - SHORTEN, SHORTEST))
    return [math.ceil(place * steps / 100) for place in places if place <= 100]
