"""Networks changed on purpose: without parts, and with decisions made otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import pandas as pd

from benchmarks.statistics import ContrastModel, changes_of_seeds
from tests.benchmarks.reporting.numbers.records import Floats, Network, Study, right
from tests.benchmarks.reporting.numbers.saying import (
    Cell,
    Column,
    Ends,
    Says,
    Table,
    listing,
    missing,
    number,
    says,
    word,
)

APART = ("exit", "column", "edge")
"""Parts that are made of others."""
WAYS = ("shuffled", "frozen", "fixed")


@dataclass(frozen=True, eq=False)
class Lost:
    """Accuracy that each of several changes of one network takes.

    Attributes:
        before: (I,) whether each image was right.
        after: a row per change: (K, I), of several draws the mean.
    """

    before: Floats
    after: Floats

    @cached_property
    def model(self) -> ContrastModel:
        """The model that knows intervals."""
        return ContrastModel(changes_of_seeds([(self.before[None], row[None]) for row in self.after]))

    def ends(self, weights: Floats) -> list[Ends]:
        """Weighted sums (M, K) of the losses."""
        found = self.model.contrasts(weights)
        half = found.critical * found.standard_error
        lost = weights @ (self.before.mean() - self.after.mean(axis=1))
        return [(v, v - h, v + h) for v, h in zip(lost.tolist(), half.tolist(), strict=True)]


@dataclass(frozen=True, eq=False)
class Parts:
    """What every part of a network is worth."""

    names: list[str]
    kinds: list[str]
    lost: Lost

    @cached_property
    def single(self) -> list[Ends]:
        """Of every part."""
        return self.lost.ends(np.eye(len(self.names)))

    def mean(self, chosen: list[bool]) -> Ends:
        """Over some of them."""
        weights = np.array([chosen], dtype=float)
        return self.lost.ends(weights / weights.sum())[0]

    def less(self, some: list[bool], others: list[bool]) -> Ends:
        """The mean over some less that over others."""
        one, two = (np.array([own], dtype=float) / sum(own) for own in (some, others))
        return self.lost.ends(one - two)[0]

    @property
    def counted(self) -> list[bool]:
        """Which of them a mean is over."""
        own = [kind not in APART for kind in self.kinds]
        return own if any(own) else [True] * len(own)

    @property
    def images(self) -> int:
        """How many answered."""
        return len(self.lost.before)


@cache
def parts(network: Network) -> Parts:
    """From the table of lesions."""
    table = network.table("lesions")
    answers = table.assign(right=right(table)).pivot(index="index", columns="lesion", values="right").astype(float)
    once = table.drop_duplicates("lesion").set_index("lesion")
    single = once[~once["kind"].isin(["intact", "several", "order"])]
    whole = answers[once.index[once["kind"] == "intact"][0]].to_numpy()
    lost = Lost(whole, answers[single.index].to_numpy().T)
    return Parts(single["parts"].tolist(), single["kind"].tolist(), lost)


def lesions(study: Study) -> Table:
    """What single parts are worth."""
    made = [network for network in study.networks if network.has("lesions")]
    worst = {network: _worst(parts(network)) for network in made}
    columns = [
        Column(Says("Network"), [n.as_row(says("{} % whole", 100 * parts(n).lost.before.mean())) for n in made]),
        Column(Says("Parts"), [_kinds(parts(n)) for n in made]),
        Column(Says("Lost on average points"), [_points(parts(n).mean(parts(n).counted)) for n in made]),
        Column(Says("Lost at most points"), [_points(parts(n).single[worst[n]]) for n in made]),
        Column(Says("Which"), [word(parts(n).names[worst[n]]) for n in made]),
        Column(Says("Not shown to matter of all"), [_unseen(parts(n)) for n in made], says("… contains {}, …", 0)),
    ]
    (images,) = {parts(network).images for network in made}
    text = "…; {} test images, …; {} % intervals, … Veit et al. ({}) found that ResNet-{} hardly …"
    return Table(columns, note=says(text, images, 95, 2016, 110))


def _worst(own: Parts) -> int:
    return max((k for k, counts in enumerate(own.counted) if counts), key=lambda k: own.single[k][0])


def _kinds(own: Parts) -> Cell:
    counts = pd.Series(own.kinds).value_counts(sort=False)
    text = listing([f"{count} {kind}{'s' * (count > 1)}" for kind, count in counts.items()])
    return Cell(Says(text), text)


def _points(found: Ends) -> Cell:
    value, low, high = found
    return number(value, 100.0, says("{} to {}", 100 * low, 100 * high))


def _unseen(own: Parts) -> Cell:
    single = [ends for ends, counts in zip(own.single, own.counted, strict=True) if counts]
    unseen = sum(low <= 0 for _, low, _ in single)
    return Cell(says("{} of {}", unseen, len(single)), unseen / len(single))


def worth(study: Study) -> Table:
    """Is the decision worth anything?"""
    made = {network: own for network in study.networks if (own := _decided(network)) is not None}
    lost = {network: _lost(own) for network, own in made.items()}
    columns = [
        Column(Says("Network"), [network.as_row() for network in made]),
        Column(Says("As it decides %"), [_own(study, own) for own in made.values()]),
        *(
            Column(Says(f"{way.title()} %"), [_way(study, own, lost[n], way) for n, own in made.items()])
            for way in WAYS
        ),
        Column(Says("Worth points"), [_points(_least(found)) for found in lost.values()]),
        Column(Says("So"), [word(_so(_least(found))) for found in lost.values()]),
    ]
    (images,) = {own["index"].nunique() for own in made.values()}
    return Table(columns, note=says("… {} test images, all seeds; {} % intervals, …", images, 95))


def _decided(network: Network) -> pd.DataFrame | None:
    table = network.table("decisions")
    return None if (table["note"] != "").any() else table.assign(right=right(table))


def _lost(own: pd.DataFrame) -> dict[str, Ends]:
    answers = own.pivot_table(index="index", columns="decided", values="right", aggfunc="mean").astype(float)
    ways = [way for way in WAYS if way in answers]
    found = Lost(answers["by image"].to_numpy(), answers[ways].to_numpy().T)
    return dict(zip(ways, found.ends(np.eye(len(ways))), strict=True))


def _least(found: dict[str, Ends]) -> Ends:
    """Against the most accurate way that looks at no image."""
    return min(found.values(), key=lambda ends: ends[0])


def _so(found: Ends) -> str:
    _, low, high = found
    if low > 0:
        return "looking at the image pays"
    return "looking at the image harms" if high < 0 else "no worth that shows"


def _own(study: Study, own: pd.DataFrame) -> Cell:
    unit, factor = study.unit
    mine = own[own["decided"] == "by image"]
    return number(mine["right"].mean(), 100.0, says(f"{{}} {unit} MACs", mine["macs"].mean() * factor))


def _way(study: Study, own: pd.DataFrame, lost: dict[str, Ends], way: str) -> Cell:
    if way not in lost:
        return missing("does not apply")
    rows = own[own["decided"] == way]
    value, low, high = (100 * end for end in lost[way])
    unit, factor = study.unit
    cost = says(f"{{}} {unit} MACs", rows["macs"].mean() * factor)
    return number(rows["right"].mean(), 100.0, says("{} ({} to {})", -value, -high, -low), cost)
