"""Every network against every other: differences in accuracy, ratios of cost and time, each with its interval.

Differences in accuracy are those of `benchmarks.statistics`: paired by image, over seeds where there are several, and
their intervals hold together for all pairs. Multiply-accumulates and parameters are counted; those of several seeds are
their means. A ratio of times is that of two networks on the scale of `benchmarks.reporting.evidence.times`; both
intervals are independent, since the networks were timed in processes of their own, so that the squares of their
halves add up in the logarithm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.times import reference_baseline, relative_time
from benchmarks.reporting.findings.significance import Comparison, compared
from benchmarks.reporting.findings.static_curve import is_static_resnet
from benchmarks.reporting.formatting import count, epsilons

Pair = tuple[float, float, float]
"""A value, a difference or a ratio, and both ends of its 95 % interval."""


@dataclass(frozen=True, kw_only=True)
class Points:
    """Differences of accuracies, shares of images.

    Attributes:
        name: unique; letters, digits and underscores.
        title: for readers.
        unit: of what is shown.
        values: of every network, in the order of `Evidence.networks`; None where it is not known.
        errors: standard errors of differences, by two places in that order, the first the smaller.
        critical: intervals are a difference plus and minus so many standard errors.
    """

    name: str
    title: str
    unit: str
    values: Sequence[float | None]
    errors: Mapping[tuple[int, int], float]
    critical: float

    def of(self, one: int, other: int) -> Pair | None:
        """The accuracy of the network at a place minus that at another; None where it is not known."""
        own, theirs, error = self.values[one], self.values[other], self.errors.get((min(one, other), max(one, other)))
        if own is None or theirs is None or error is None:
            return None
        half = self.critical * error
        return own - theirs, own - theirs - half, own - theirs + half


@dataclass(frozen=True, kw_only=True)
class Ratios:
    """Ratios of costs, of which less is better.

    Attributes:
        name: unique; letters, digits and underscores.
        title: for readers.
        unit: of what is shown.
        values: of every network with its interval, above 0, in the order of `Evidence.networks`; None where it is not
            known.
    """

    name: str
    title: str
    unit: str
    values: Sequence[Pair | None]

    def of(self, one: int, other: int) -> Pair | None:
        """The cost of the network at a place divided by that at another; None where it is not known."""
        own, theirs = self.values[one], self.values[other]
        if own is None or theirs is None:
            return None
        ratio = own[0] / theirs[0]
        up = math.hypot(math.log(own[2] / own[0]), math.log(theirs[0] / theirs[1]))
        down = math.hypot(math.log(own[0] / own[1]), math.log(theirs[2] / theirs[0]))
        return ratio, ratio * math.exp(-down), ratio * math.exp(up)


Aspect = Points | Ratios
"""In what networks are compared."""


def reference(evidence: Evidence) -> NetworkEvidence | None:
    """The network that others are compared with first: the baseline of most of them, or else the first static ResNet,
    or else the first of all; None without any.
    """
    most = reference_baseline(evidence)
    chosen = [network for network in evidence.networks if network.first.selector == most]
    chosen += [network for network in evidence.networks if is_static_resnet(network)]
    return next(iter((*chosen, *evidence.networks)), None)


@lru_cache(maxsize=2)
def aspects(evidence: Evidence) -> tuple[Aspect, ...]:
    """In what at least two networks of a page can be compared, at their headline settings."""
    sizes = sorted({*evidence.batch_sizes[:1], *evidence.batch_sizes[-1:]})
    found: list[Aspect] = [
        _answers(evidence, "accuracy", "Accuracy", compared(evidence)),
        *_attacked(evidence),
        _costs(evidence, "macs", "MACs", lambda network: _exact(evidence.value(network, "routed"))),
        _costs(evidence, "parameters", "Parameters", lambda network: _exact(evidence.value(network, "parameters"))),
        *(_times(evidence, size) for size in sizes),
    ]
    return tuple(aspect for aspect in found if sum(value is not None for value in aspect.values) > 1)


def _attacked(evidence: Evidence) -> list[Aspect]:
    if evidence.headline_attack is None:
        return []
    attack, radius = evidence.headline_attack
    where = f", ε {epsilons(evidence.robustness['epsilon'])[radius]}"
    return [_answers(evidence, "attacked", "Attacked", compared(evidence, attack, radius), where)]


def _answers(evidence: Evidence, name: str, title: str, found: Comparison | None, where: str = "") -> Points:
    values: list[float | None] = [None] * len(evidence.networks)
    if found is None:
        return Points(name=name, title=title, unit="points", values=values, errors={}, critical=0.0)
    places = [evidence.networks.index(network) for network in found.networks]
    for place, network in zip(places, found.networks, strict=True):
        values[place] = found.accuracy(network)
    pairs, contrasts = found.model.differences()
    return Points(
        name=name,
        title=title,
        unit=f"points{where}, n {count(found.model.components.images)}",
        values=values,
        errors={
            (places[one], places[other]): float(error)
            for (one, other), error in zip(pairs, contrasts.standard_error, strict=True)
        },
        critical=contrasts.critical,
    )


def _exact(value: float) -> Pair:
    return value, value, value


def _costs(
    evidence: Evidence, name: str, title: str, of: Callable[[NetworkEvidence], Pair], *, unit: str = "×"
) -> Ratios:
    found = [of(network) for network in evidence.networks]
    values = [value if all(end > 0 for end in value) else None for value in found]
    return Ratios(name=name, title=title, unit=unit, values=values)


def _times(evidence: Evidence, size: int) -> Ratios:
    """On one scale, so that only networks whose reference baseline was timed on their machine have one."""
    name, unit = f"time_{size}", f"×, batch {size}"
    return _costs(evidence, name, "Time", lambda network: relative_time(evidence, network, size), unit=unit)
