"""Does routing beat a smaller network? Every network against static ResNets that cost what it costs.

The static ResNets of a study (`zoo.static_curve`) make one curve of accuracy over cost, for each kind of cost: linear
in the logarithm of the cost between neighbours, flat beyond its ends. Which of them are on it is decided by validation
accuracy: those that no cheaper one equals. A network's difference from the curve at its own cost is then a weighted sum
of accuracies on the same test images, and all differences of the page are one family (`benchmarks.statistics`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.routes import varies
from benchmarks.reporting.evidence.times import relative_time
from benchmarks.reporting.findings.significance import Comparison, compared
from benchmarks.statistics import SAME_COST, Floats, frontier, weights_at

Verdict = Literal["above", "below", "open", "cheaper", "costlier"]
"""Beats the curve, loses to it, not told apart; cheaper or costlier than every static network, and so not judged."""
CURVE = "The broad grey line is the static curve, where static ResNets were trained at several costs. "
"""Of captions."""
MIDDLE = 32
"""Images per batch of the time that is compared besides the smallest and the largest batch."""


@dataclass(frozen=True)
class Cost:
    """A kind of cost.

    Attributes:
        name: unique: `macs`, `parameters`, or `time_<batch>`.
        words: in a sentence, after "at equal".
        batch: images per batch of a time; 0 for other costs.
    """

    name: str
    words: str
    batch: int = 0

    def of(self, evidence: Evidence, network: NetworkEvidence) -> tuple[float, float, float]:
        """Of a network: the cost and both ends of its interval, above 0, NaN where it is not known.

        Multiply-accumulates and parameters are exact. Times are those of `relative_time`.
        """
        if self.batch:
            return relative_time(evidence, network, self.batch)
        value = evidence.value(network, "routed" if self.name == "macs" else "parameters")
        return value, value, value


@dataclass(frozen=True)
class Curve:
    """The static networks that make the curve for one kind of cost.

    Attributes:
        cost: of which kind.
        networks: in ascending cost.
        costs: theirs.
        cheapest: cost of the cheapest static network, which is on the curve.
        costliest: cost of the costliest static network, which may not be on the curve.
        timed_in: key of the environment in which all of them were timed; empty for other costs.
    """

    cost: Cost
    networks: tuple[NetworkEvidence, ...]
    costs: tuple[float, ...]
    cheapest: float
    costliest: float
    timed_in: str = ""

    def judges(self, network: NetworkEvidence) -> bool:
        """Whether a network's cost can be compared with theirs: times of one environment only."""
        return not self.cost.batch or network.timed_in == self.timed_in


@dataclass(frozen=True)
class Difference:
    """Accuracy of a network minus that of the curve at the network's cost.

    Attributes:
        network: that is compared.
        curve: with what.
        cost: of the network.
        value: share of images.
        low: lower end of the interval. All intervals of a page hold together, and allow for that of the cost.
        high: upper end.
    """

    network: NetworkEvidence
    curve: Curve
    cost: float
    value: float
    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        """Judged where static networks of that cost were trained, or where a cheaper one is better all the same."""
        cheaper, costlier = self.cost * SAME_COST < self.curve.cheapest, self.cost > self.curve.costliest * SAME_COST
        if self.low > 0:
            return "costlier" if costlier else "above"
        if self.high < 0:
            return "cheaper" if cheaper else "below"
        return "cheaper" if cheaper else "costlier" if costlier else "open"


@dataclass(frozen=True)
class AgainstStatic:
    """All networks of a study against its static curve.

    Attributes:
        curves: one per kind of cost that is known of at least two static networks.
        differences: of every other network, for every curve.
        about_methods: whether they hold for methods, and not only for the networks that were trained.
    """

    curves: tuple[Curve, ...]
    differences: tuple[Difference, ...]
    about_methods: bool

    def curve(self, name: str) -> Curve | None:
        """Of a kind of cost by its name; None where it is not known."""
        return next((curve for curve in self.curves if curve.cost.name == name), None)

    def at(self, curve: Curve, networks: Sequence[NetworkEvidence]) -> list[Difference]:
        """Differences of these networks from one curve, the largest first."""
        own = [found for found in self.differences if found.curve is curve and found.network in networks]
        return sorted(own, key=lambda found: -found.value)


def is_static_resnet(network: NetworkEvidence) -> bool:
    """Whether a network may be on the curve."""
    return network.method.place is None and not network.is_given


def routing(evidence: Evidence) -> list[NetworkEvidence]:
    """The networks that do not compute the same for every image at their headline settings."""
    return [network for network in evidence.networks if _routes(network)]


def _routes(network: NetworkEvidence) -> bool:
    table = network.first.headline_answers()
    return table is not None and varies(table)


def costs(evidence: Evidence) -> list[Cost]:
    """The kinds of cost that are compared: multiply-accumulates, times at up to three batch sizes, parameters."""
    sizes = evidence.batch_sizes
    chosen = sorted({*sizes[:1], *(size for size in sizes if size == MIDDLE), *sizes[-1:]})
    times = [Cost(f"time_{size}", f"time (batch {size})", size) for size in chosen]
    return [Cost("macs", "MACs"), *times, Cost("parameters", "parameters")]


@lru_cache(maxsize=2)
def against_static(evidence: Evidence) -> AgainstStatic | None:
    """Every network against the static curve; None where fewer than two static ResNets were measured."""
    found = compared(evidence)
    if found is None:
        return None
    curves = [curve for cost in costs(evidence) if (curve := _curve(evidence, found, cost))]
    others = [network for network in found.networks if not is_static_resnet(network)]
    rows: list[Floats] = []
    places: list[tuple[Curve, NetworkEvidence, float, slice]] = []
    for curve in curves:
        for network in others:
            value, low, high = curve.cost.of(evidence, network)
            if np.isfinite((value, low, high)).all() and curve.judges(network):
                between = [own for own in curve.costs if low < own < high]
                first = len(rows)
                rows += [_weights(found, curve, network, cost) for cost in (value, low, high, *between)]
                places.append((curve, network, value, slice(first, len(rows))))
    if not rows:
        return None
    contrasts = found.model.contrasts(np.stack(rows))
    differences = tuple(
        Difference(
            network=network,
            curve=curve,
            cost=cost,
            value=float(contrasts.estimate[own][0]),
            low=float(contrasts.low[own].min()),
            high=float(contrasts.high[own].max()),
        )
        for curve, network, cost, own in places
    )
    return AgainstStatic(tuple(curves), differences, found.about_methods)


def static_points(evidence: Evidence, cost: str) -> list[tuple[float, float]]:
    """One curve as costs and accuracies, ascending, as far as static networks were trained; empty where it is none."""
    found, answers = against_static(evidence), compared(evidence)
    curve = found.curve(cost) if found else None
    if curve is None or answers is None:
        return []
    points = [(own, answers.accuracy(network)) for own, network in zip(curve.costs, curve.networks, strict=True)]
    flat = [(curve.costliest, points[-1][1])] if curve.costliest > curve.costs[-1] else []
    return [*points, *flat]


def _curve(evidence: Evidence, found: Comparison, cost: Cost) -> Curve | None:
    """The curve for one kind of cost; None where it is known of fewer than two static networks."""
    known = [(network, cost.of(evidence, network)[0]) for network in found.networks if is_static_resnet(network)]
    known = [(network, value) for network, value in known if value > 0]
    timed_in = ""
    if cost.batch and known:  # of several machines, the one that timed most of them
        timed_in = Counter(network.timed_in for network, _ in known).most_common(1)[0][0]
        known = [(network, value) for network, value in known if network.timed_in == timed_in]
    if len(known) < 2:
        return None
    values = [value for _, value in known]
    chosen = frontier(values, [_validation_accuracy(network) for network, _ in known])
    networks = tuple(known[place][0] for place in chosen)
    return Curve(cost, networks, tuple(values[place] for place in chosen), min(values), max(values), timed_in)


def _validation_accuracy(network: NetworkEvidence) -> float:
    """Of the last epoch, mean over seeds."""
    return float(np.mean([model.history["validation_accuracy"].iloc[-1] for model in network.models]))


def _weights(found: Comparison, curve: Curve, network: NetworkEvidence, cost: float) -> Floats:
    weights = np.zeros(len(found.networks))
    weights[found.networks.index(network)] = 1
    for static, share in zip(curve.networks, weights_at(cost, curve.costs), strict=True):
        weights[found.networks.index(static)] -= share
    return weights
