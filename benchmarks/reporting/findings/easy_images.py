"""Easy and hard images: what about an image its cost follows, in every network in which images differ in cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.statistics import rank_correlations

PROPERTIES = {
    "brightness": "brightness",
    "contrast": "contrast",
    "sharpness": "sharpness",
    "edge_density": "edge density",
}
"""Columns of the table `image_properties`, and what readers call them."""
LOSS = "loss"
"""Beside them: the loss of the baseline."""
FEWEST = 10
"""Images whose cost is not the most common one, from which a correlation is given."""
NOT_MEASURED = "What images look like was not measured; the option --evaluators image_properties does that."


@dataclass(frozen=True)
class Correlation:
    """Spearman's, with the ends of an interval that holds together with all others."""

    value: float
    low: float
    high: float

    @property
    def differs(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Costs:
    """What the cost of a network's images goes with.

    Attributes:
        network: at its headline setting, first seed.
        baseline: see `trained_baseline`.
        of: correlations by `PROPERTIES` and `LOSS`; empty where there are too few images of another cost.
    """

    network: NetworkEvidence
    baseline: NetworkEvidence | None
    of: Mapping[str, Correlation]

    @property
    def followed(self) -> list[str]:
        """What the cost goes with for certain, the strongest first."""
        found = [name for name, own in self.of.items() if own.differs]
        return sorted(found, key=lambda name: -abs(self.of[name].value))


@dataclass(frozen=True)
class EasyImages:
    """All networks whose cost varies, and of how many images that is known."""

    costs: tuple[Costs, ...]
    images: int


@lru_cache(maxsize=2)
def easy_images(evidence: Evidence) -> EasyImages | None:
    """Correlations of cost with looks of images and with the baseline's loss; None where no network has a table."""
    known = [network for network in varying(evidence) if _looks(network) is not None]
    if not known:
        return None
    columns = {network.label: _columns(network, trained_baseline(evidence, network)) for network in known}
    shared = sorted(set.intersection(*(set(own.index) for own in columns.values())))
    quantities: dict[tuple[str, str], pd.Series[float]] = {}
    pairs: dict[tuple[str, str], tuple[tuple[str, str], tuple[str, str]]] = {}
    for network in known:
        own = columns[network.label].loc[shared]
        costs = own["macs"]
        if len(own) - costs.value_counts().max() < FEWEST:
            continue
        quantities["macs", network.label] = costs
        for name in own.columns.drop("macs"):
            of = _owner(evidence, network) if name == LOSS else ""
            if own[name].nunique() > 1:
                quantities[name, of] = own[name]
                pairs[network.label, name] = ("macs", network.label), (name, of)
    found = _correlations(quantities, pairs)
    costs_of = (
        Costs(n, trained_baseline(evidence, n), {k: c for (label, k), c in found.items() if label == n.label})
        for n in known
    )
    return EasyImages(tuple(costs_of), len(shared))


def varying(evidence: Evidence) -> list[NetworkEvidence]:
    """Networks whose images differ in cost at the headline setting of the first seed."""
    answers = {network: network.first.headline_answers() for network in evidence.networks}
    return [network for network, table in answers.items() if table is not None and table["macs"].nunique() > 1]


def trained_baseline(evidence: Evidence, network: NetworkEvidence) -> NetworkEvidence | None:
    """The static ResNet that a network is compared with, of its own study where that has it.

    Where no study has trained it, the static ResNet nearest in nominal cost; None where there is none.
    """
    answered = [other for other in evidence.networks if other.first.headline_answers() is not None]
    own = [other for other in answered if is_own(network, other)]
    if own:
        return min(own, key=lambda other: other.first.study != network.first.study)
    static = [other for other in evidence.measured("nominal") if other in answered and other.method.place is None]
    cost = network.first.baseline.macs
    return min(static, key=lambda other: abs(math.log(evidence.value(other, "nominal") / cost)), default=None)


def is_own(network: NetworkEvidence, other: NetworkEvidence) -> bool:
    """Whether a static ResNet is the one that a network is compared with."""
    return other.first.selector == network.first.baseline.network


def _owner(evidence: Evidence, network: NetworkEvidence) -> str:
    found = trained_baseline(evidence, network)
    return found.label if found else ""


def _looks(network: NetworkEvidence) -> pd.DataFrame | None:
    """What images look like, by their number; None where that is not known."""
    table = network.measurement("image_properties")
    own = None if table is None else table[table["note"] == ""]
    return None if own is None or own.empty else own.set_index(own["index"].astype(int))[[*PROPERTIES]].astype(float)


def _columns(network: NetworkEvidence, other: NetworkEvidence | None) -> pd.DataFrame:
    """A row per image: macs, what it looks like, and the baseline's loss where there is one."""
    looks, answers = _looks(network), network.first.headline_answers()
    theirs = None if other is None else other.first.headline_answers()
    if looks is None or answers is None:
        raise ValueError(f"{network.label} has no answers, or images without looks")
    found = looks.assign(macs=answers.set_index("index")["macs"].astype(float))
    if theirs is not None:
        found = found.assign(**{LOSS: theirs.set_index("index")["nll"].astype(float)})
    return found.dropna()


def _correlations(
    quantities: Mapping[tuple[str, str], pd.Series[float]],
    pairs: Mapping[tuple[str, str], tuple[tuple[str, str], tuple[str, str]]],
) -> dict[tuple[str, str], Correlation]:
    if not pairs:
        return {}
    places = {name: place for place, name in enumerate(quantities)}
    values = np.array([own.tolist() for own in quantities.values()], dtype=np.float64)
    found = rank_correlations(values, [(places[a], places[b]) for a, b in pairs.values()])
    ends = zip(found.estimate, found.low, found.high, strict=True)
    return {pair: Correlation(*map(float, own)) for pair, own in zip(pairs, ends, strict=True)}
