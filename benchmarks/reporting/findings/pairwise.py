"""Every network against every other: differences in accuracy, ratios of cost and time, each with its interval.

Differences in accuracy are those of `benchmarks.statistics`: paired by image, over seeds where there are several, and
their intervals hold together for all pairs. Multiply-accumulates and parameters are counted; those of several seeds are
their means. A ratio of times is that of two networks on the scale of `benchmarks.reporting.evidence.times`; both
intervals are independent, since the networks were timed in processes of their own, so that the squares of their
halves add up in the logarithm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Literal

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.times import reference_baseline, relative_time
from benchmarks.reporting.findings.significance import Comparison, compared
from benchmarks.reporting.findings.static_curve import is_static_resnet
from benchmarks.reporting.formatting import count, epsilons

Pair = tuple[float, float, float]
"""A difference or a ratio, and both ends of its 95 % interval."""


@dataclass(frozen=True)
class Aspect:
    """In what networks are compared.

    Attributes:
        name: unique; letters, digits and underscores.
        title: for readers.
        unit: of what is shown.
        kind: `points` where values are differences of shares, `ratio` where they are the one divided by the other.
        high: whether more is better.
        pairs: by the places of two networks in `Evidence.networks`, the first place the smaller: the first network
            minus the second, or divided by it.
    """

    name: str
    title: str
    unit: str
    kind: Literal["points", "ratio"]
    high: bool
    pairs: Mapping[tuple[int, int], Pair]

    def of(self, one: int, other: int) -> Pair | None:
        """The network at a place against that at another; None where it is not known."""
        if one < other:
            return self.pairs.get((one, other))
        found = self.pairs.get((other, one))
        if found is None:
            return None
        value, low, high = found
        return (-value, -high, -low) if self.kind == "points" else (1 / value, 1 / high, 1 / low)


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
    """In what the networks of a page can be compared, at their headline settings; those that are known of no pair are
    left out.
    """
    sizes = sorted({*evidence.batch_sizes[:1], *evidence.batch_sizes[-1:]})
    found = [
        _answers(evidence, "accuracy", "Accuracy", compared(evidence)),
        *_attacked(evidence),
        _costs(evidence, "macs", "MACs", lambda network: _exact(evidence.value(network, "routed"))),
        _costs(evidence, "parameters", "Parameters", lambda network: _exact(evidence.value(network, "parameters"))),
        *(_times(evidence, size) for size in sizes),
    ]
    return tuple(aspect for aspect in found if aspect.pairs)


def _attacked(evidence: Evidence) -> list[Aspect]:
    if evidence.headline_attack is None:
        return []
    attack, radius = evidence.headline_attack
    written = epsilons(evidence.robustness["epsilon"])[radius]
    return [_answers(evidence, "attacked", "Attacked", compared(evidence, attack, radius), f", ε {written}")]


def _answers(evidence: Evidence, name: str, title: str, found: Comparison | None, where: str = "") -> Aspect:
    pairs: dict[tuple[int, int], Pair] = {}
    unit = "points"
    if found is not None and len(found.networks) > 1:
        unit = f"points{where}, n {count(found.model.components.images)}"
        places = [evidence.networks.index(network) for network in found.networks]
        own, contrasts = found.model.differences()
        values = zip(contrasts.estimate, contrasts.low, contrasts.high, strict=True)
        for (k, other), (value, low, high) in zip(own, values, strict=True):
            pairs[places[k], places[other]] = float(value), float(low), float(high)
    return Aspect(name, title, unit, "points", high=True, pairs=pairs)


def _exact(value: float) -> Pair:
    return value, value, value


def _costs(
    evidence: Evidence, name: str, title: str, of: Callable[[NetworkEvidence], Pair], *, unit: str = "×"
) -> Aspect:
    """Ratios of two values with independent intervals."""
    pairs = {}
    known = [(place, of(network)) for place, network in enumerate(evidence.networks)]
    known = [(place, value) for place, value in known if all(end > 0 for end in value)]
    for (one, own), (other, theirs) in combinations(known, 2):
        ratio = own[0] / theirs[0]
        up = math.exp(math.hypot(math.log(own[2] / own[0]), math.log(theirs[0] / theirs[1])))
        down = math.exp(math.hypot(math.log(own[0] / own[1]), math.log(theirs[2] / theirs[0])))
        pairs[one, other] = ratio, ratio / down, ratio * up
    return Aspect(name, title, unit, "ratio", high=False, pairs=pairs)


def _times(evidence: Evidence, size: int) -> Aspect:
    """Of networks that were timed in the environment of most."""
    name, unit = f"time_{size}", f"×, batch {size}"
    return _costs(evidence, name, "Time", lambda network: relative_time(evidence, network, size), unit=unit)
