"""By how much two studies differ in what they measured of a network, with intervals, and what is worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.comparing.judgement import Judgement, judge
from benchmarks.comparing.matching import MatchedNetwork
from benchmarks.comparing.samples import ROBUST, Samples, samples_of
from benchmarks.comparing.tolerances import Tolerances


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
    judged = judge([samples for _, samples in found], tolerances)
    return [_difference(*pair, judgement) for pair, judgement in zip(found, judged, strict=True)]


def _difference(network: MatchedNetwork, samples: Samples, judgement: Judgement) -> Difference:
    return Difference(
        network=network.name,
        kind=samples.kind,
        where=samples.where,
        batch=0,
        headline=samples.kind == ROBUST or samples.where == network.headline,
        a=float(samples.a.mean()),
        b=float(samples.b.mean()),
        change=judgement.change.value,
        low=judgement.change.low,
        high=judgement.change.high,
        images=samples.b.shape[1],
        paired=samples.paired,
        tolerance=judgement.tolerance,
        basis=judgement.basis,
        worse=judgement.worse,
    )
