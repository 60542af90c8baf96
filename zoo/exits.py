"""Choosing where samples leave an early-exit network: entropies, thresholds and the points worth serving."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

CANDIDATES = 33
"""Thresholds tried per exit when there are few exits: quantiles of the validation entropies."""
COMBINATIONS = 40_000
"""More combinations of thresholds than this are not tried: the grid is coarsened."""


def entropy(logits: Tensor) -> Tensor:
    """Shannon entropy of the softmax, in nats: (N, K) to (N,)."""
    log_probs = torch.log_softmax(logits.float(), dim=1)
    return -(log_probs.exp() * log_probs).sum(dim=1)


@dataclass(frozen=True, kw_only=True)
class OperatingPoint:
    """Thresholds and what they gave on validation data.

    Attributes:
        thresholds: one per early exit; a sample leaves where its entropy is below.
        correct: (V,) bool.
        macs: mean per sample.
    """

    thresholds: tuple[float, ...]
    correct: Tensor
    macs: float

    @property
    def accuracy(self) -> float:
        """Share of samples that are right."""
        return self.correct.float().mean().item()


def operating_points(entropies: Tensor, correct: Tensor, cumulative_macs: Sequence[float]) -> list[OperatingPoint]:
    """Points of the accuracy-compute front over a grid of thresholds, cheapest first.

    Args:
        entropies: (V, E - 1), of every early exit.
        correct: (V, E) bool, of every exit.
        cumulative_macs: E costs of a sample that leaves at that exit, earlier heads included.
    """
    points = []
    for thresholds in product(*_grid(entropies)):
        leaves = entropies < torch.tensor(thresholds)
        last = torch.ones(len(leaves), 1, dtype=torch.bool)
        taken = torch.cat([leaves, last], dim=1).int().argmax(dim=1)
        macs = torch.tensor(cumulative_macs, dtype=torch.float64)[taken].mean().item()
        right = correct.gather(1, taken.unsqueeze(1)).squeeze(1)
        points.append(OperatingPoint(thresholds=thresholds, correct=right, macs=macs))
    return _front(points)


def _grid(entropies: Tensor) -> list[list[float]]:
    exits = entropies.shape[1]
    per_exit = CANDIDATES
    while per_exit**exits > COMBINATIONS:
        per_exit -= 1
    quantiles = torch.linspace(0, 1, max(per_exit, 2) - 1)
    grid = []
    for column in entropies.T:
        values = column.quantile(quantiles).tolist()
        grid.append(sorted({*values, float(column.max()) * 1.001 + 1e-9}))
    return grid


def _front(points: Sequence[OperatingPoint]) -> list[OperatingPoint]:
    front: list[OperatingPoint] = []
    for point in sorted(points, key=lambda p: (p.macs, -p.accuracy)):
        if not front or point.accuracy > front[-1].accuracy:
            front.append(point)
    return front


def knee(front: Sequence[OperatingPoint]) -> OperatingPoint:
    """The cheapest point that validation cannot tell from the best one.

    That is, its loss of accuracy is within one standard error of the paired difference (the one-standard-error rule
    of Breiman et al. 1984, on samples that only one of the two gets right): below it, the curve falls by more than
    chance.
    """
    best = front[-1]
    return next(point for point in front if _loss(point, best) <= _standard_error(point, best))


def _loss(point: OperatingPoint, best: OperatingPoint) -> float:
    return best.accuracy - point.accuracy


def _standard_error(point: OperatingPoint, best: OperatingPoint) -> float:
    difference = best.correct.double() - point.correct.double()
    return difference.std(correction=0).item() / math.sqrt(len(difference))


def within_budget(front: Sequence[OperatingPoint], macs: float) -> OperatingPoint | None:
    """The most accurate point that costs at most that much, or None."""
    affordable = [point for point in front if point.macs <= macs]
    return affordable[-1] if affordable else None
