"""Which differences between two studies are worse than they may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.comparing.intervals import Change, change_of
from benchmarks.comparing.samples import COST, Samples
from benchmarks.comparing.spreads import apart_by_chance, by_pair, by_study, is_fixed, pooled
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
    counts = Counter(samples.kind for samples in several)
    apart, paired = pooled(several, by_study), pooled(several, by_pair)
    found = []
    for samples in several:
        comparisons = counts[samples.kind]
        spread = apart_by_chance(samples, apart, by_study, comparisons)
        own = apart_by_chance(samples, paired, by_pair, comparisons) if samples.same_seeds else spread
        found.append(_judged(samples, change_of(samples, comparisons, own or 0.0), tolerances, spread))
    return found


def _judged(samples: Samples, change: Change, tolerances: Tolerances, spread: float | None) -> Judgement:
    better = -1 if samples.kind == COST else 1
    given = tolerances.given(samples.kind)
    if given is not None:
        tolerance, basis = given, "given"
    elif is_fixed(samples):
        tolerance, basis = 0.0, "the cost is the same for every image"
    elif spread is not None:
        tolerance, basis = spread, "spread over seeds"
    else:
        end = change.high if better > 0 else change.low
        floor = COST_FLOOR if samples.kind == COST else 0.0
        tolerance, basis = max(abs(end - change.value), floor), "interval of the test images"
    worse = -better * change.value > tolerance + ROUNDING
    return Judgement(change=change, tolerance=tolerance, basis=basis, worse=worse)
