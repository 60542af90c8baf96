"""Which trunk makes the better detector: average precision with intervals over seeds and scenes, and differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.formatting import percent, points
from benchmarks.statistics import ContrastModel, Contrasts, Floats, resampled_components

PAPER = (
    "On COCO, Faster R-CNN with FPN has 39.9 AP with RandWire-WS (C = 109) as its backbone and 37.1 with ResNet-50, "
    "which costs about as much (Xie et al. 2019)."
)
TESTED = "randwire"
"""The method whose paper has the figures."""
EQUAL = 0.1
"""Costs within so much of each other, relative, count as equal."""


@dataclass(frozen=True, eq=False)
class Detectors:
    """Networks whose trunks were measured as backbones, on the same scenes.

    Attributes:
        networks: in the page's order.
        table: `Evidence.detection`, their rows.
    """

    networks: Sequence[NetworkEvidence]
    table: pd.DataFrame

    def mean(self, network: NetworkEvidence, name: str) -> float:
        """A quantity of all scenes, mean over seeds."""
        return float(self._of(network, "all")[name].mean())

    def seeds(self, network: NetworkEvidence) -> int:
        """How many there are."""
        return len(self._of(network, "all"))

    def interval(self, network: NetworkEvidence, name: str) -> tuple[float, float]:
        """95 % interval of `ap` or `ap50`, of this network alone."""
        place = self.networks.index(network)
        found = self._model(name).contrasts(np.eye(len(self.networks))[place : place + 1])
        return max(0.0, float(found.low[0])), min(1.0, float(found.high[0]))

    @property
    def reference(self) -> NetworkEvidence | None:
        """The static ResNet that others are compared with; None where none was measured."""
        return next((network for network in self.networks if network.is_baseline), None)

    @cached_property
    def differences(self) -> tuple[Sequence[NetworkEvidence], Contrasts] | None:
        """Networks beside the reference, and their AP less its; the intervals hold together. None without any."""
        reference = self.reference
        others = [network for network in self.networks if network is not reference]
        if reference is None or not others:
            return None
        weights = np.zeros((len(others), len(self.networks)))
        for row, network in enumerate(others):
            weights[row, self.networks.index(network)] = 1
            weights[row, self.networks.index(reference)] = -1
        return others, self._model("ap").contrasts(weights)

    def _model(self, name: str) -> ContrastModel:
        values = [self._of(network, "all")[name].to_numpy(dtype=float) for network in self.networks]
        draws = [self._draws(network, name) for network in self.networks]
        return ContrastModel(resampled_components(values, draws, round(self.mean(self.networks[0], "objects"))))

    def _draws(self, network: NetworkEvidence, name: str) -> Floats:
        rows = self._of(network, "draw").pivot(index="seed", columns="index", values=name)
        return rows.to_numpy(dtype=float)

    def _of(self, network: NetworkEvidence, part: str) -> pd.DataFrame:
        own = self.table[(self.table["network"] == network.label) & (self.table["part"] == part)]
        return own.sort_values(["seed", "index"])


def detectors(evidence: Evidence) -> Detectors | None:
    """The networks that were measured; None where none was.

    Raises:
        ValueError: they were tested on different scenes, or drawn differently often.
    """
    table = evidence.detection
    networks = [network for network in evidence.networks if network.label in set(table["network"])]
    if not networks:
        return None
    if not comparable(table):
        raise ValueError("detectors were tested on different scenes; measure them with the same options")
    return Detectors(networks, table)


def comparable(table: pd.DataFrame) -> bool:
    """Whether all were tested on as many scenes with as many objects, and have as many draws."""
    whole = table[table["part"] == "all"]
    draws = table[table["part"] == "draw"].groupby(["network", "seed"]).size()
    return bool(whole["scenes"].nunique() == 1 and whole["objects"].nunique() == 1 and draws.nunique() == 1)


def verdict(found: Detectors) -> str:
    """What the paper of RandWire found, and whether that is so here: sentences; empty where neither was compared."""
    compared = found.differences
    tested = [] if compared is None else [network for network in compared[0] if network.method.name == TESTED]
    reference = found.reference
    if compared is None or reference is None or not tested:
        return ""
    others, contrasts = compared
    return " ".join([PAPER, *(_compared(found, network, reference, others, contrasts) for network in tested)])


def _compared(
    found: Detectors,
    network: NetworkEvidence,
    reference: NetworkEvidence,
    others: Sequence[NetworkEvidence],
    contrasts: Contrasts,
) -> str:
    row = list(others).index(network)
    low, estimate, high = (float(ends[row]) for ends in (contrasts.low, contrasts.estimate, contrasts.high))
    share = found.mean(network, "macs") / found.mean(reference, "macs")
    costs = "" if abs(share - 1) <= EQUAL else ", which is not the same cost"
    seeds = " and ".join(str(found.seeds(one)) for one in (network, reference))
    agrees = "cannot be told" if low <= 0 <= high else "agrees" if low > 0 else "does not agree"
    return (
        f"Here {network.name} has {points(estimate)} points of AP beside {reference.name} ({points(low)} to "
        f"{points(high)}; n = {seeds} seeds) at {percent(share, 0)} % of its MACs{costs}: {agrees}."
    )
