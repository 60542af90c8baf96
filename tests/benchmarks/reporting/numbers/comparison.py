"""Differences in accuracy: estimates by themselves, and the simultaneous intervals of the one statistical model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from benchmarks.statistics import AnswerModel
from tests.benchmarks.reporting.numbers.attacked import strongest
from tests.benchmarks.reporting.numbers.records import Floats, Network, Study, right
from tests.benchmarks.reporting.numbers.saying import Ends
from tests.benchmarks.reporting.numbers.times import relative_time

SAME = 1.01
"""Costs whose ratio is smaller are one cost."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Networks that answered the same images.

    Attributes:
        networks: K of them.
        right: (K, I), whether each is right about each image.
    """

    networks: list[Network]
    right: NDArray[np.bool_]

    @cached_property
    def accuracy(self) -> dict[Network, float]:
        """The share of images that each is right about."""
        return dict(zip(self.networks, self.right.mean(axis=1).tolist(), strict=True))

    @cached_property
    def model(self) -> AnswerModel:
        """The model that knows intervals."""
        return AnswerModel([row[np.newaxis] for row in self.right])

    @property
    def best(self) -> Network:
        """The most accurate."""
        return max(self.networks, key=lambda network: self.accuracy[network])

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """A row for each order of each two: `low` of one's accuracy minus the other's, `differs` and `visible`."""
        places = list(combinations(range(len(self.networks)), 2))
        weights = np.zeros((len(places), len(self.networks)))
        for row, (one, other) in enumerate(places):
            weights[row, one], weights[row, other] = 1, -1
        found = self.model.contrasts(weights)
        width = found.critical * found.standard_error
        estimate = weights @ self.right.mean(axis=1)
        facts = {"differs": np.abs(estimate) > width, "visible": width + norm.ppf(0.8) * found.standard_error}
        first, second = ([self.networks[pair[side]] for pair in places] for side in (0, 1))
        there = pd.DataFrame({"one": first, "other": second, "low": estimate - width, **facts})
        back = pd.DataFrame({"one": second, "other": first, "low": -estimate - width, **facts})
        return pd.concat([there, back], ignore_index=True)

    def beside(self, network: Network) -> pd.DataFrame:
        """All others minus one."""
        return self.pairs[self.pairs["other"] == network]

    def differ(self, one: Network, other: Network) -> bool:
        """Whether two differ significantly."""
        own = self.beside(other)
        return bool(own[own["one"] == one]["differs"].iloc[0])

    def rank(self, network: Network) -> tuple[int, int]:
        """Best and worst rank: behind those that are significantly better, ahead of those that are worse."""
        apart = self.beside(network).query("differs")["one"]
        better = sum(self.accuracy[other] > self.accuracy[network] for other in apart)
        return 1 + better, len(self.networks) - (len(apart) - better)


@cache
def compared(study: Study, *, attacked: bool = False) -> Comparison:
    """All networks on clean images, or under the attack of headlines."""
    rows = [strongest(study, network) if attacked else network.answers() for network in study.networks]
    ordered = [own.sort_values("index") for own in rows]
    assert len({tuple(own["index"]) for own in ordered}) == 1
    return Comparison(list(study.networks), np.stack([right(own).to_numpy() for own in ordered]))


@dataclass(frozen=True, eq=False)
class Curve:
    """The static ResNets that no cheaper one equals in validation accuracy, at one kind of cost.

    Attributes:
        kind: `macs`, `parameters` or `time_<batch>`.
        networks: in ascending cost.
        costs: theirs.
        ends: the smallest and the largest cost of all static ResNets.
    """

    kind: str
    networks: list[Network]
    costs: list[float]
    ends: tuple[float, float]

    @property
    def words(self) -> str:
        """The kind of cost in a sentence."""
        return {"macs": "MACs"}.get(self.kind, self.kind.replace("time_", "time (batch ") + ")" * ("_" in self.kind))

    def shares(self, cost: float) -> Floats:
        """How much each network counts at a cost: in straight lines over its logarithm."""
        places = np.log(self.costs)
        return np.array([np.interp(np.log(cost), places, one) for one in np.eye(len(places))])


def kinds(study: Study) -> list[str]:
    """The kinds of cost that are compared."""
    sizes = sorted({*study.ends, *(size for size in study.sizes if size == 32)})
    return ["macs", *(f"time_{size}" for size in sizes), "parameters"]


@cache
def cost(study: Study, network: Network, kind: str) -> Ends:
    """A network's cost with the ends of its interval."""
    if kind.startswith("time_"):
        return relative_time(study, network, int(kind.removeprefix("time_")))
    value = network.routed() if kind == "macs" else float(network.cost()["parameters"])
    return value, value, value


@cache
def curve(study: Study, kind: str) -> Curve:
    """The static curve over a kind of cost."""
    statics = [network for network in study.networks if network.is_static]
    values = {network: cost(study, network, kind)[0] for network in statics}
    chosen: list[Network] = []
    best = -1.0
    for network in sorted(statics, key=lambda n: (values[n], -_validation(n))):
        if _validation(network) > best:
            chosen.append(network)
            best = _validation(network)
    every = list(values.values())
    return Curve(kind, chosen, [values[network] for network in chosen], (min(every), max(every)))


def _validation(network: Network) -> float:
    return float(network.table("history")["validation_accuracy"].iloc[-1])


def points(study: Study, kind: str) -> list[tuple[float, float]]:
    """The static curve as costs and accuracies, flat up to the costliest static ResNet."""
    found, accuracy = curve(study, kind), compared(study).accuracy
    line = [(own, accuracy[network]) for own, network in zip(found.costs, found.networks, strict=True)]
    return [*line, (found.ends[1], line[-1][1])] if found.ends[1] > found.costs[-1] else line


@dataclass(frozen=True, eq=False)
class Difference:
    """Accuracy of a network minus that of the curve at its cost, with its interval."""

    network: Network
    curve: Curve
    cost: float
    value: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """`above`, `below`, `open`, or `cheaper` and `costlier` than all static ResNets where nothing is clear."""
        cheaper, costlier = self.cost * SAME < self.curve.ends[0], self.cost > self.curve.ends[1] * SAME
        unclear = "cheaper" if cheaper else "costlier" if costlier else ""
        if self.low > 0:
            return "costlier" if costlier else "above"
        if self.high < 0:
            return "cheaper" if cheaper else "below"
        return unclear or "open"


@cache
def against_static(study: Study) -> list[Difference]:
    """Every network against every curve; all intervals hold together, and allow for that of the time."""
    found = compared(study)
    pieces = []
    for kind in kinds(study):
        line = curve(study, kind)
        for network in (network for network in study.networks if not network.is_static):
            value, low, high = cost(study, network, kind)
            stops = [value, low, high, *(own for own in line.costs if low < own < high)]
            pieces.append((network, line, value, np.stack([_weights(found, network, line, stop) for stop in stops])))
    contrasts = found.model.contrasts(np.concatenate([weights for *_, weights in pieces]))
    differences, start = [], 0
    for network, line, value, weights in pieces:
        own = slice(start, start := start + len(weights))
        estimate = float(weights[0] @ found.right.mean(axis=1))
        low, high = float(contrasts.low[own].min()), float(contrasts.high[own].max())
        differences.append(Difference(network, line, value, estimate, low, high))
    return differences


def _weights(found: Comparison, network: Network, line: Curve, at: float) -> Floats:
    shares = dict(zip(line.networks, line.shares(at), strict=True))
    return np.array([float(one is network) - shares.get(one, 0.0) for one in found.networks])
