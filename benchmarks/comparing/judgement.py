"""Which differences between two studies are worse than they may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.comparing.changes import Change, changes_of, is_fixed
from benchmarks.comparing.samples import COST, Samples
from benchmarks.comparing.tolerances import COST_FLOOR, Tolerances

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
    return [_judged(samples, change, tolerances) for samples, change in zip(several, changes_of(several), strict=True)]


def _judged(samples: Samples, change: Change, tolerances: Tolerances) -> Judgement:
    better = -1 if samples.kind == COST else 1
    given = tolerances.given(samples.kind)
    if given is not None:
        tolerance, basis = given, "given"
    elif is_fixed(samples):
        tolerance, basis = 0.0, "the cost is the same for every image"
    elif change.by_chance is not None:
        tolerance, basis = change.by_chance, "spread over seeds"
    else:
        end = change.high if better > 0 else change.low
        floor = COST_FLOOR if samples.kind == COST else 0.0
        tolerance, basis = max(abs(end - change.value), floor), "interval of the test images"
    worse = -better * change.value > tolerance + ROUNDING
    return Judgement(change=change, tolerance=tolerance, basis=basis, worse=worse)
