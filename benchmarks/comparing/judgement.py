"""Which differences between two studies are worse than they may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.comparing.intervals import Change, change_of
from benchmarks.comparing.samples import COST, Samples
from benchmarks.comparing.tolerances import (
    COST_FLOOR,
    Spread,
    Tolerances,
    family,
    is_fixed,
    pooled_spreads,
    spread_tolerance,
)

ROUNDING = 1e-9
"""What the order of a sum may change in a share."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """How much a quantity changed, and whether it is worse than it may be.

    Attributes:
        change: from the first study to the second.
        tolerance: by how much it may be worse.
        basis: where the tolerance comes from, in words.
        worse: whether it is worse by more.
    """

    change: Change
    tolerance: float
    basis: str
    worse: bool


def judge(several: Sequence[Samples], tolerances: Tolerances) -> list[Judgement]:
    """Judge the quantities of two studies together: the more there are, the more each of them may change by chance."""
    comparisons = Counter(samples.kind for samples in several)
    spreads = pooled_spreads(several)
    return [
        _judged(samples, comparisons[samples.kind], tolerances, spreads.get(family(samples))) for samples in several
    ]


def _judged(samples: Samples, comparisons: int, tolerances: Tolerances, spread: Spread | None) -> Judgement:
    change = change_of(samples, comparisons)
    better = -1 if samples.kind == COST else 1
    given = tolerances.given(samples.kind)
    if given is not None:
        tolerance, basis = given, "given"
    elif is_fixed(samples):
        tolerance, basis = 0.0, "the cost is the same for every image"
    elif spread is not None:
        tolerance, basis = spread_tolerance(samples, spread, comparisons), "spread over seeds"
    else:
        end = change.high if better > 0 else change.low
        floor = COST_FLOOR if samples.kind == COST else 0.0
        tolerance, basis = max(abs(end - change.value), floor), "interval of the test images"
    worse = -better * change.value > tolerance + ROUNDING
    return Judgement(change=change, tolerance=tolerance, basis=basis, worse=worse)
