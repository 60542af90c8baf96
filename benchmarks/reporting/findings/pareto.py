"""Which networks are worth their cost: those that no other one dominates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.findings.detail import detailed
from benchmarks.reporting.findings.significance import Comparison, compared
from benchmarks.reporting.findings.static_curve import Cost, is_static_resnet, routing

FEW = 6
"""Most networks that a figure shows all alike."""


@dataclass(frozen=True)
class Standing:
    """A network beside the others, at one kind of cost.

    Attributes:
        network: at its headline setting.
        dominator: the most accurate of those that cost no more and are no less accurate, and better in one of both;
            None: the network is on the front.
        points: accuracy of the network minus the dominator's, a share of images, at most 0.
        significant: whether that difference is.
        ratio: cost of the network over the dominator's, at least 1.
    """

    network: NetworkEvidence
    dominator: NetworkEvidence | None
    points: float = 0.0
    significant: bool = False
    ratio: float = 1.0


def standings(evidence: Evidence, found: Comparison, cost: Cost) -> list[Standing]:
    """Every network whose cost of that kind is known, the order of networks kept.

    Times are compared among networks that were timed in the same environment.
    """
    known = [(network, cost.of(evidence, network)[0]) for network in found.networks]
    measured = [(network, value) for network, value in known if value > 0 and np.isfinite(value)]
    costs = [value for _, value in measured]
    accuracies = [found.accuracy(network) for network, _ in measured]
    result = []
    for place, (network, value) in enumerate(measured):
        comparable = [
            k for k, (other, _) in enumerate(measured) if not cost.batch or other.timed_in == network.timed_in
        ]
        best = dominator(place, costs, accuracies, comparable)
        if best is None:
            result.append(Standing(network, None))
            continue
        other = measured[best][0]
        difference = accuracies[place] - accuracies[best]
        result.append(Standing(network, other, difference, found.differ(network, other), value / costs[best]))
    return result


def in_front(evidence: Evidence, cost: Cost) -> list[NetworkEvidence]:
    """The networks that a figure of that cost is about: those that route, and those that no other one dominates.

    All networks, where there are few enough to see each of them, or where accuracies were not compared.
    """
    found = compared(evidence)
    if found is None or _all_alike(evidence):
        return list(evidence.networks)
    free = {one.network.label for one in standings(evidence, found, cost) if one.dominator is None}
    free |= {network.label for network in routing(evidence)}
    return [network for network in evidence.networks if network.label in free]


def named(evidence: Evidence, front: Sequence[NetworkEvidence]) -> list[NetworkEvidence]:
    """Those of `in_front` that get a name in a figure.

    Where `in_front` leaves networks out, the smaller ResNets of the static curve get none: they are on the broad line.
    """
    shown = [network for network in front if network in detailed(evidence)]
    if _all_alike(evidence):
        return shown
    return [network for network in shown if not (is_static_resnet(network) and network.first.parameters)] or shown


def muted_words(evidence: Evidence) -> str:
    """Of captions, where `in_front` leaves networks out: what is grey; with a space at the end."""
    if _all_alike(evidence):
        return ""
    return (
        "In colour, with intervals: networks that route, and those that no other one dominates; smaller ResNets among "
        "them have no name. Grey: the others; choose one in the legend to see it. "
    )


def _all_alike(evidence: Evidence) -> bool:
    return compared(evidence) is None or len(evidence.networks) <= FEW


def dominator(
    place: int, costs: Sequence[float], accuracies: Sequence[float], comparable: Sequence[int] | None = None
) -> int | None:
    """Of the points that dominate one, the most accurate, of equal ones the cheapest; None where there is none.

    Args:
        place: of the point.
        costs: of all points.
        accuracies: of all points.
        comparable: places of those that may dominate it; None for all.
    """
    better = [
        k
        for k in (range(len(costs)) if comparable is None else comparable)
        if costs[k] <= costs[place]
        and accuracies[k] >= accuracies[place]
        and (costs[k], accuracies[k]) != (costs[place], accuracies[place])
    ]
    return max(better, key=lambda k: (accuracies[k], -costs[k])) if better else None
