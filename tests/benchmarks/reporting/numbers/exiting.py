"""What exits say, and how images leave by several rules: computed image by image from records."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import cast

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from benchmarks.statistics import AnswerModel
from tests.benchmarks.reporting.numbers.records import Floats, Network
from tests.benchmarks.reporting.numbers.saying import Ends
from zoo.execution.thresholds import RATIOS, geometric_thresholds

COLUMNS = {"entropy": "entropy", "confidence": "doubt", "scaled confidence": "scaled_doubt"}
"""What rules compare with a threshold."""
DECIDES = {"branchynet": "entropy", "msdnet": "confidence"}
"""The rule of each method's own."""
AT = (0.25, 0.5, 0.75)
"""Of the way from the first exit's cost to the last one's."""
GENEROUS = (2.5, 3, 4, 6, 10, 20)
"""Ratios of the geometric family beyond those of MSDNet's code."""
MOST = 200
"""Thresholds of a rule."""


def has_exits(network: Network) -> bool:
    """Whether it is known what several exits say."""
    return network.has("exits") and bool((network.table("exits")["note"] == "").all())


@cache
def said(network: Network, column: str, split: str = "test") -> pd.DataFrame:
    """A row per image, a column per exit."""
    rows = network.at("exits", split=split)
    wide = rows.pivot(index="index", columns="exit", values=column).sort_index()
    return wide[[unit for unit in network.units if unit.startswith("exit")]]


@cache
def correct(network: Network) -> NDArray[np.bool_]:
    """Whether each exit is right about each test image (N, E)."""
    return np.asarray(said(network, "prediction") == said(network, "label"))


@cache
def costs(network: Network) -> Floats:
    """Of an image that leaves at each exit, all before it included."""
    spent, found = int(network.at("ledger", unit="fixed")["macs"].iloc[0]), []
    by_unit = network.table("ledger").set_index("unit")["macs"]
    for unit in network.units:
        spent += int(by_unit[unit])
        if unit.startswith("exit"):
            found.append(spent)
    return np.array(found, dtype=float)


@dataclass(frozen=True, eq=False)
class Leaving:
    """Ways to leave in ascending mean cost, and which images are right then."""

    costs: Floats
    right: NDArray[np.bool_]

    @property
    def accuracy(self) -> Floats:
        """Of every way."""
        return np.asarray(self.right.mean(axis=1))

    def at(self, cost: float) -> float:
        """Expected accuracy at a mean cost, two ways dealt out at random."""
        return float(np.interp(cost, self.costs, self.accuracy))

    def shares(self, cost: float) -> Floats:
        """How much each way counts there."""
        return np.array([np.interp(cost, self.costs, one) for one in np.eye(len(self.costs))])


def leaving(network: Network, ways: list[list[int]]) -> Leaving:
    """Of the exits at which images leave, by way."""
    found: dict[float, NDArray[np.bool_]] = {}
    for way in ways:
        images = np.arange(len(way))
        found.setdefault(float(costs(network)[way].mean()), correct(network)[images, way])
    ordered = sorted(found)
    return Leaving(np.array(ordered), np.stack([found[cost] for cost in ordered]))


def first_below(scores: Floats, thresholds: Floats) -> list[int]:
    """The first exit with a score at most its threshold, else the last one."""
    sure = np.column_stack([scores <= thresholds, np.ones(len(scores), dtype=bool)])
    return [int(np.flatnonzero(row)[0]) for row in sure]


@cache
def by_threshold(network: Network, rule: str) -> Leaving:
    """One threshold for all early exits: those at which the set of those who leave changes, or some of them."""
    scores = said(network, COLUMNS[rule]).to_numpy(dtype=float)[:, :-1]
    changes = sorted({float(value) for row in np.minimum.accumulate(scores, axis=1) for value in row})
    chosen = sorted({round(place) for place in np.linspace(0, len(changes) - 1, min(len(changes), MOST))})
    return leaving(network, [first_below(scores, np.array(own)) for own in (-1.0, *(changes[n] for n in chosen))])


@cache
def by_patience(network: Network) -> Leaving:
    """So many exits in a row that give the same answer."""
    ways = []
    for wanted in range(1, len(costs(network)) + 1):
        way = []
        for row in said(network, "prediction").to_numpy():
            run = [1]
            for before, own in pairwise(row):
                run.append(run[-1] + 1 if own == before else 1)
            way.append(next((place for place, length in enumerate(run) if length >= wanted), len(row) - 1))
        ways.append(way)
    return leaving(network, ways)


@cache
def rules(network: Network) -> dict[str, Leaving]:
    """By name, the network's own first."""
    own = DECIDES[network.method]
    names = [own, *(name for name in COLUMNS if name != own)]
    return {name: by_threshold(network, name) for name in names} | {"patience": by_patience(network)}


def places(network: Network) -> list[float]:
    """Costs at which rules are compared."""
    low, high = costs(network)[0], costs(network)[-1]
    return [low + share * (high - low) for share in AT]


@cache
def differences(network: Network) -> dict[str, list[Ends]]:
    """Of every other rule's accuracy from that of the own one, at every place."""
    several = rules(network)
    own, *others = several
    weights = {name: np.stack([rule.shares(cost) for cost in places(network)]) for name, rule in several.items()}
    used = {name: np.flatnonzero(weights[name].any(axis=0)) for name in several}
    ways = [several[name].right[place] for name in several for place in used[name]]
    starts = dict(zip(several, np.cumsum([0, *map(len, used.values())])[:-1], strict=True))
    rows = []
    for name in others:
        for at in range(len(AT)):
            row = np.zeros(len(ways))
            row[starts[name] : starts[name] + len(used[name])] = weights[name][at, used[name]]
            row[starts[own] : starts[own] + len(used[own])] -= weights[own][at, used[own]]
            rows.append(row)
    ends = contrasts(np.stack(ways), np.stack(rows))
    return {name: ends[len(AT) * n : len(AT) * (n + 1)] for n, name in enumerate(others)}


def contrasts(values: Floats | NDArray[np.bool_], weights: Floats) -> list[Ends]:
    """Weighted sums of means over images (K, N) with simultaneous ends; the estimate is computed here."""
    found = AnswerModel([cast("NDArray[np.bool_]", row[None]) for row in values]).contrasts(weights)
    estimates, width = weights @ values.mean(axis=1), found.critical * found.standard_error
    return [(float(e), float(e - w), float(e + w)) for e, w in zip(estimates, width, strict=True)]


@dataclass(frozen=True, eq=False)
class Budget:
    """Budgeted batches and anytime prediction of a network."""

    network: Network

    @cached_property
    def batches(self) -> Leaving:
        """By thresholds of the geometric family, made on validation images."""
        column = COLUMNS[DECIDES[self.network.method]]
        held_out, test = (said(self.network, column, split).to_numpy(float)[:, :-1] for split in ("validation", "test"))
        families = [geometric_thresholds(torch.tensor(held_out), ratio) for ratio in (*RATIOS, *GENEROUS)]
        return leaving(self.network, [first_below(test, np.nextafter(np.array(own), -1)) for own in families])

    @cached_property
    def anytime(self) -> dict[str, tuple[float, NDArray[np.bool_]]]:
        """Settings at which all images take one route: mean cost, and which images are right."""
        every = {name: self.network.answers(name).sort_values("index") for name in self.network.settings}
        alone = {name: own for name, own in every.items() if own["route"].nunique() == 1}
        return {
            name: (float(own["macs"].mean()), (own["label"] == own["prediction"]).to_numpy())
            for name, own in alone.items()
        }

    @cached_property
    def inside(self) -> list[str]:
        """Those within the costs of budgeted batches."""
        ends = self.batches.costs[[0, -1]]
        return [name for name, (cost, _) in self.anytime.items() if ends[0] < cost < ends[1]]

    @cached_property
    def difference(self) -> Ends:
        """Mean over these of the budgeted accuracy at their cost minus theirs."""
        share = 1 / len(self.inside)
        weights = sum(self.batches.shares(self.anytime[name][0]) for name in self.inside) * share
        values = np.stack([*self.batches.right, *(self.anytime[name][1] for name in self.inside)])
        return contrasts(values, np.concatenate([weights, np.full(len(self.inside), -share)])[None])[0]


@cache
def budget(network: Network) -> Budget:
    """Of a network with exits."""
    return Budget(network)
