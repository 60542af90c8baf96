"""Choosing where samples leave an early-exit network: uncertainties, thresholds and the points worth serving.

With few exits every combination of thresholds is tried; with many, the family of Huang et al. 2018 in which a fixed
share of those who reach an exit leaves there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, product

import torch
from torch import Tensor

from zoo.network import Setting

CANDIDATES = 33
"""Thresholds tried per exit when there are few exits: quantiles of the validation entropies."""
COMBINATIONS = 40_000
"""More combinations of thresholds than this are not tried: the grid is coarsened."""
RATIOS = tuple(p / 20 for p in range(1, 41))
"""Ratios of the shares that leave at neighbouring exits, as the official code of MSDNet tries them."""


def entropy(logits: Tensor) -> Tensor:
    """Shannon entropy of the softmax, in nats: (N, K) to (N,)."""
    log_probs = torch.log_softmax(logits.float(), dim=1)
    return -(log_probs.exp() * log_probs).sum(dim=1)


def doubt(logits: Tensor) -> Tensor:
    """One minus the greatest softmax probability, exact where that is close to 1: (N, K) to (N,)."""
    probabilities = torch.softmax(logits.float(), dim=1)
    return probabilities.topk(probabilities.shape[1], dim=1).values[:, 1:].sum(dim=1)


@dataclass(frozen=True, kw_only=True)
class OperatingPoint:
    """Thresholds and what they gave on validation data.

    Attributes:
        thresholds: one per early exit; a sample leaves where its entropy, or its doubt, is below.
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


def operating_points(
    entropies: Tensor, correct: Tensor, cumulative_macs: Sequence[float], candidates: Sequence[float] | None = None
) -> list[OperatingPoint]:
    """Points of the accuracy-compute front over a grid of thresholds, cheapest first.

    Args:
        entropies: (V, E - 1), of every early exit.
        correct: (V, E) bool, of every exit.
        cumulative_macs: E costs of a sample that leaves at that exit, earlier heads included.
        candidates: thresholds to try at every early exit; without them, quantiles of its entropies.
    """
    grid = _grid(entropies) if candidates is None else [candidates] * entropies.shape[1]
    return _front([_point(entropies, correct, cumulative_macs, thresholds) for thresholds in product(*grid)])


def _point(
    scores: Tensor, correct: Tensor, cumulative_macs: Sequence[float], thresholds: tuple[float, ...]
) -> OperatingPoint:
    leaves = scores < torch.tensor(thresholds)
    last = torch.ones(len(leaves), 1, dtype=torch.bool)
    taken = torch.cat([leaves, last], dim=1).int().argmax(dim=1)
    macs = torch.tensor(cumulative_macs, dtype=torch.float64)[taken].mean().item()
    right = correct.gather(1, taken.unsqueeze(1)).squeeze(1)
    return OperatingPoint(thresholds=thresholds, correct=right, macs=macs)


def geometric_points(
    scores: Tensor, correct: Tensor, cumulative_macs: Sequence[float], ratios: Sequence[float] = RATIOS
) -> list[OperatingPoint]:
    """Points of the front over the one-parameter family of Huang et al. 2018, section 4: any number of exits.

    Exit k = 1..E is meant for a share z r^k of the samples; its threshold lets the surest of those who come so far
    leave, as many as that, or as near as equal scores allow (`geometric_thresholds`). The paper has r = 1 - q below
    1, q being the chance to leave where one arrives; its code goes on to r = 2, for generous budgets.

    Args:
        scores: (V, E - 1), of every early exit; the lower, the surer.
        correct: as in `operating_points`, which also explains `cumulative_macs`.
        cumulative_macs: E costs.
        ratios: values of r to try.
    """
    return _front([_point(scores, correct, cumulative_macs, geometric_thresholds(scores, r)) for r in ratios])


def geometric_thresholds(scores: Tensor, ratio: float) -> tuple[float, ...]:
    """The E - 1 thresholds at which exits take shares in the proportion 1 : r : r^2 : ... of all V samples.

    Samples of equal score leave together or stay together, so that with ties a share cannot be met exactly: the exit
    takes the number nearest to it, the greater of two that are equally near, and the next exit makes up for what is
    too many or too few.

    Args:
        scores: (V, E - 1), of every early exit; the lower, the surer, and not negative: at 0 no sample leaves.
        ratio: r > 0.
    """
    exits = scores.shape[1] + 1
    shares = torch.tensor([ratio**k for k in range(exits)], dtype=torch.float64)
    wanted = (shares / shares.sum() * len(scores)).floor().int().tolist()
    present = torch.ones(len(scores), dtype=torch.bool)
    thresholds = []
    for column, due in zip(scores.T, accumulate(wanted), strict=False):
        gone = len(scores) - int(present.sum())
        threshold = _threshold_for(column[present].sort().values, due - gone)
        present &= ~(column < threshold)
        thresholds.append(threshold)
    return tuple(thresholds)


def _threshold_for(ascending: Tensor, count: int) -> float:
    """The threshold that lets as nearly as possible that many of these samples leave, the surest."""
    count = min(count, len(ascending))
    if count <= 0:
        return 0.0
    tied = ascending == ascending[count - 1]
    fewer = int(tied.int().argmax())
    more = fewer + int(tied.sum())
    leave = more if more - count <= count - fewer else fewer
    if leave == 0:
        return 0.0
    if leave < len(ascending):
        return float(ascending[leave - 1 : leave + 1].double().mean())
    return float(ascending[-1].nextafter(torch.tensor(math.inf)))


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
    """The cheapest point whose accuracy does not differ from the best one's by more than chance on validation data.

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


BUDGETS = (0.25, 0.5, 0.75)
"""Parts of the nominal cost for which settings are proposed."""


def exit_settings(front: Sequence[OperatingPoint], nominal: float, everyone_leaves: float) -> list[Setting]:
    """What an early-exit network can serve: the knee, the best thresholds within budgets, and every exit alone.

    Args:
        front: points worth serving, cheapest first.
        nominal: multiply-accumulates of all exits together.
        everyone_leaves: a threshold above every score.
    """
    chosen = {"knee": (knee(front), "cheapest thresholds within one standard error of the best")}
    for budget in BUDGETS:
        point = within_budget(front, budget * nominal)
        if point is not None:
            chosen[f"budget {budget:.0%}"] = (point, f"best within {budget:.0%} of the nominal cost")
    settings = [
        Setting(
            name=name,
            values={"thresholds": list(point.thresholds)},
            note=f"{note}; on validation {point.accuracy:.1%} at {point.macs / 1e6:.2f} M MACs",
        )
        for name, (point, note) in chosen.items()
    ]
    return [*settings, *_anytime(len(front[0].thresholds), everyone_leaves)]


def _anytime(early: int, everyone_leaves: float) -> list[Setting]:
    alone = [
        Setting(
            name=f"exit {e + 1}",
            values={"thresholds": [None] * e + [everyone_leaves] + [None] * (early - e - 1)},
            note="every sample leaves here, no earlier head runs (anytime prediction)",
        )
        for e in range(early)
    ]
    return [*alone, Setting(name="full", values={"thresholds": [None] * early}, note="final exit only, no early heads")]


def thresholds_of(setting: Setting, default: Sequence[float | None], network: str) -> tuple[float | None, ...]:
    """The thresholds that a setting asks for, one per early exit; `default` where it asks for none.

    Raises:
        ValueError: other values, or a wrong number of thresholds.
    """
    others = set(setting.values) - {"thresholds"}
    if others:
        raise ValueError(f"{network}'s settings have thresholds, not {sorted(others)}")
    thresholds = tuple(setting.values.get("thresholds", default))
    if len(thresholds) != len(default):
        raise ValueError(f"{len(thresholds)} thresholds for {len(default)} early exits")
    return thresholds
