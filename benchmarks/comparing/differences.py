"""By how much two studies differ in what they measured of a network, with intervals, and what is worse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.comparing.intervals import change_of
from benchmarks.comparing.matching import MatchedNetwork
from benchmarks.comparing.samples import COST, ROBUST, Samples, samples_of
from benchmarks.comparing.tolerances import Spread, Tolerances, family, floor_of, pooled_spreads, spread_tolerance

ROUNDING = 1e-9
"""What the order of a sum may change in a share."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A quantity of a network at a setting in two studies, A and B.

    Attributes:
        network: its name, for readers.
        kind: `accuracy`, `robust accuracy`, `cost` or `time`.
        where: the setting, or the attack with its epsilon.
        batch: images per batch; 0 where none was timed.
        headline: whether that is the network's headline setting, at which alone it is attacked.
        a: in the first study, a share, or multiply-accumulates or a speed-up per image.
        b: in the second study.
        change: b - a of shares, b / a - 1 of the others.
        low: lower end of the change's interval; NaN where there is none.
        high: upper end.
        images: that the interval rests on; 0 where it rests on timed passes.
        paired: whether the images are the same.
        tolerance: by how much it may be worse; infinity where it is not judged.
        basis: where the tolerance comes from, in words.
        worse: whether it is worse by more.
    """

    network: str
    kind: str
    where: str
    batch: int
    headline: bool
    a: float
    b: float
    change: float
    low: float
    high: float
    images: int
    paired: bool
    tolerance: float
    basis: str
    worse: bool


def image_differences(networks: Sequence[MatchedNetwork], tolerances: Tolerances) -> list[Difference]:
    """Accuracy, cost and accuracy under attack of every network that two studies share."""
    found = [(network, samples) for network in networks for samples in samples_of(network)]
    comparisons = Counter(samples.kind for _, samples in found)
    spreads = pooled_spreads(samples for _, samples in found)
    return [
        _judged(network, samples, comparisons[samples.kind], tolerances, spreads.get(family(samples)))
        for network, samples in found
    ]


def _judged(
    network: MatchedNetwork, samples: Samples, comparisons: int, tolerances: Tolerances, spread: Spread | None
) -> Difference:
    change = change_of(samples, comparisons)
    better = -1 if samples.kind == COST else 1
    given = tolerances.given(samples.kind)
    if given is not None:
        tolerance, basis = given, "given"
    elif spread is not None:
        tolerance, basis = spread_tolerance(samples, spread, comparisons), "spread over seeds"
    else:
        end = change.high if better > 0 else change.low
        tolerance, basis = max(abs(end - change.value), floor_of(samples)), "interval of the test images"
    return Difference(
        network=network.name,
        kind=samples.kind,
        where=samples.where,
        batch=0,
        headline=samples.kind == ROBUST or samples.where == network.headline,
        a=float(samples.a.mean()),
        b=float(samples.b.mean()),
        change=change.value,
        low=change.low,
        high=change.high,
        images=samples.b.shape[1],
        paired=samples.paired,
        tolerance=tolerance,
        basis=basis,
        worse=-better * change.value > tolerance + ROUNDING,
    )
