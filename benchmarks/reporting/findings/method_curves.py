"""Curves of methods: accuracy over cost as a setting or a parameter of a method changes, and what is read from them.

A curve joins measured points in ascending cost, in straight lines over the logarithm of the cost. Nothing is said of
costs beyond its ends. Points that another point of the curve dominates stay: leaving them out would choose by test
accuracy.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.times import reference_baseline
from benchmarks.reporting.findings.significance import compared
from benchmarks.reporting.findings.static_curve import is_static_resnet, static_points
from benchmarks.statistics import SAME_COST, weights_at

SHARES = (0.25, 0.5, 0.75, 1.0)
"""Of the reference's multiply-accumulates, at which curves are read."""


@dataclass(frozen=True)
class Point:
    """A measured point.

    Attributes:
        macs: mean routed multiply-accumulates of an image.
        accuracy: on the test images, mean over seeds.
        name: of the setting, or the parameter's value.
    """

    macs: float
    accuracy: float
    name: str


@dataclass(frozen=True)
class MethodCurve:
    """Points that differ in one thing.

    Attributes:
        name: for readers.
        along: what changes along the curve: `settings`, or a parameter's name.
        networks: that have the points; one where settings change.
        points: in ascending cost, at least two different ones.
    """

    name: str
    along: str
    networks: tuple[NetworkEvidence, ...]
    points: tuple[Point, ...]

    @property
    def ends(self) -> tuple[float, float]:
        """Its smallest and its largest cost."""
        return self.points[0].macs, self.points[-1].macs

    def accuracy_at(self, macs: float) -> float:
        """Read at a cost; NaN beyond its ends."""
        low, high = self.ends
        if not low <= macs * SAME_COST or not macs <= high * SAME_COST:
            return math.nan
        weights = weights_at(macs, [point.macs for point in self.points])
        return float(weights @ [point.accuracy for point in self.points])

    def macs_for(self, accuracy: float) -> float:
        """The smallest cost at which the curve reaches an accuracy; NaN where it does not."""
        if self.points[0].accuracy >= accuracy:
            return self.points[0].macs
        for a, b in pairwise(self.points):
            if a.accuracy < accuracy <= b.accuracy:
                share = (accuracy - a.accuracy) / (b.accuracy - a.accuracy)
                return a.macs * math.exp(share * math.log(b.macs / a.macs))
        return math.nan

    def mean_accuracy(self, low: float, high: float) -> tuple[float, float, float]:
        """Area below the curve over the logarithm of the cost between two costs, divided by the width it covers.

        Returns:
            The mean, and both ends of what is covered; NaN where nothing is.
        """
        low, high = max(low, self.ends[0]), min(high, self.ends[1])
        if not low < high:
            return math.nan, math.nan, math.nan
        stops = sorted({low, high, *(point.macs for point in self.points if low < point.macs < high)})
        area = sum(math.log(b / a) * (self.accuracy_at(a) + self.accuracy_at(b)) / 2 for a, b in pairwise(stops))
        return area / math.log(high / low), low, high


def method_curves(evidence: Evidence) -> list[MethodCurve]:
    """Of the static ResNets, of every network with several settings, and of variants that differ in one parameter."""
    static = [Point(macs, accuracy, "") for macs, accuracy in static_points(evidence, "macs")]
    found = [_curve("Static curve", "static ResNets", (), static)]
    for network in evidence.networks:
        found.append(_curve(network.name, "settings", (network,), list(_settings(evidence, network))))
    found += [_variants(evidence, parameter, own) for parameter, own in variants(evidence)]
    return [curve for curve in found if curve]


def variants(evidence: Evidence) -> list[tuple[str, tuple[NetworkEvidence, ...]]]:
    """Networks of one method and preset, trained alike, that differ in one number only, with that parameter's name.

    Networks of different studies are not variants of each other.
    """
    families: dict[tuple[str, ...], list[NetworkEvidence]] = defaultdict(list)
    for network in evidence.networks:
        if not is_static_resnet(network):
            recipe = network.first.recipe.model_dump_json()
            for study in dict.fromkeys(model.study for model in network.models):
                families[study, network.method.name, network.first.preset, recipe].append(network)
    found: dict[tuple[str, frozenset[str]], tuple[NetworkEvidence, ...]] = {}
    for family in families.values():
        for parameter in dict.fromkeys(name for network in family for name in network.first.parameters):
            for network in family:
                alike = tuple(other for other in family if _differ_in(network, other, parameter))
                if len(alike) > 1:
                    found.setdefault((parameter, frozenset(other.label for other in alike)), alike)
    return [(parameter, networks) for (parameter, _), networks in found.items()]


def _differ_in(one: NetworkEvidence, other: NetworkEvidence, parameter: str) -> bool:
    """Whether nothing but a parameter, which is a number where it is given, tells two networks apart."""
    rest = [{k: v for k, v in network.first.resolved.items() if k != parameter} for network in (one, other)]
    values = [network.first.resolved.get(parameter, 0) for network in (one, other)]
    return rest[0] == rest[1] and all(_is_number(value) for value in values)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _variants(evidence: Evidence, parameter: str, networks: tuple[NetworkEvidence, ...]) -> MethodCurve | None:
    points = [
        Point(
            evidence.value(network, "routed"),
            evidence.value(network, "accuracy"),
            str(network.first.resolved.get(parameter, "default")),
        )
        for network in networks
    ]
    return _curve(networks[0].method.title, parameter, networks, points)


def _settings(evidence: Evidence, network: NetworkEvidence) -> Iterator[Point]:
    table = evidence.results[["network", "setting", "routed", "accuracy"]]
    for row in table[table["network"] == network.label].to_dict("records"):
        yield Point(row["routed"], row["accuracy"], row["setting"])


def _curve(name: str, along: str, networks: tuple[NetworkEvidence, ...], points: Sequence[Point]) -> MethodCurve | None:
    """None where fewer than two points of different cost were measured; of equal costs the first point counts."""
    known = {point.macs: point for point in reversed(points) if point.macs > 0 and not math.isnan(point.accuracy)}
    if len(known) < 2:
        return None
    return MethodCurve(name, along, networks, tuple(known[macs] for macs in sorted(known)))


def reference(evidence: Evidence) -> NetworkEvidence | None:
    """The static ResNet that most networks are compared with; None where it was not trained."""
    selector = reference_baseline(evidence)
    return next((network for network in evidence.networks if network.first.selector == selector), None)


def static_accuracy(evidence: Evidence) -> float:
    """Accuracy of the reference; NaN where it is not known."""
    found, network = compared(evidence), reference(evidence)
    if found is None or network not in found.networks:
        return math.nan
    return found.accuracy(network)
