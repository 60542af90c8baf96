"""What accuracy loses when trained networks are changed on purpose: without parts, and with decisions made otherwise.

Every loss is paired by image and by seed: the changed network is the same trained one. Intervals are those of
`benchmarks.statistics` and hold together for all changes of a network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.records.answers import unpacked
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.statistics import ContrastModel, changes_of_seeds

INTACT, SEVERAL, ORDER = "intact", "several", "order"
"""Kinds of lesions that are no single part, as the table `lesions` has them."""
BY_IMAGE, SHUFFLED, FROZEN, FIXED = "by image", "shuffled", "frozen", "fixed"
"""Who decides, as the table `decisions` has it."""
APART = ("exit", "column", "edge")
"""Kinds of parts that a mean over a network's parts leaves out: they are made of others, or decide."""
Answers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Accuracy that a change takes, as a share of images: what the network had, less what it has then.

    Attributes:
        estimate: mean over images and seeds.
        low: lower end of the 95 % interval.
        high: upper end.
    """

    estimate: float
    low: float
    high: float

    @property
    def shown(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a network.

    Attributes:
        name: as the network calls it.
        kind: block, layer, update, path, column, node, edge or exit.
        loss: without it.
    """

    name: str
    kind: str
    loss: Loss


@dataclass(frozen=True, kw_only=True)
class Lesions:
    """A network without its parts.

    Attributes:
        parts: one by one, in the order of the network.
        mean: the mean loss over all parts but those of `APART`.
        accuracy: of the whole network on the same images.
        images: n.
        seeds: of them.
        model: of the changes, one per part, in the same order.
    """

    parts: Sequence[Part]
    mean: Loss
    accuracy: float
    images: int
    seeds: int
    model: ContrastModel = field(repr=False)

    def mean_of(self, chosen: Sequence[Part]) -> Loss:
        """The mean loss over some of the parts, with an interval of its own."""
        return _losses(self.model, self._share(chosen))[0]

    def difference(self, some: Sequence[Part], others: Sequence[Part]) -> Loss:
        """The mean loss over some parts less that over others, with an interval of its own."""
        return _losses(self.model, self._share(some) - self._share(others))[0]

    def _share(self, chosen: Sequence[Part]) -> NDArray[np.float64]:
        weights = np.array([[part in chosen for part in self.parts]], dtype=float)
        return np.asarray(weights / weights.sum())


@dataclass(frozen=True, kw_only=True)
class Grade:
    """Accuracy after a random change of some size.

    Attributes:
        size: parts that are out, or Kendall's tau of the order of blocks.
        accuracy: mean over draws and seeds.
        low: of the draws, the lowest accuracy.
        high: likewise the highest.
        draws: of all seeds.
    """

    size: float
    accuracy: float
    low: float
    high: float
    draws: int


@dataclass(frozen=True, kw_only=True)
class Decided:
    """A network that decides per image, and others' choices at its computation.

    Attributes:
        accuracy: of every way to decide, by its name.
        macs: mean routed cost, likewise.
        losses: accuracy lost by every way but the network's own.
        images: n.
        seeds: of them.
    """

    accuracy: Mapping[str, float]
    macs: Mapping[str, float]
    losses: Mapping[str, Loss]
    images: int
    seeds: int

    @property
    def strongest(self) -> str:
        """The way with the highest accuracy among those that look at no image."""
        return max(self.losses, key=lambda way: self.accuracy[way])


@lru_cache(maxsize=256)
def lesions_of(evidence: Evidence, network: NetworkEvidence) -> Lesions | None:
    """A network without each of its parts; None where that was not measured, or nothing can be taken out."""
    table = evidence.lesions
    own = table[table["network"] == network.label]
    whole = own[own["kind"] == INTACT] if len(own) else own
    single = own[~own["kind"].isin((INTACT, SEVERAL, ORDER))] if len(own) else own
    if single.empty:
        return None
    before = _by_seed(whole)
    seeds = list(before)
    parts = []
    for (kind, name), group in single.groupby(["kind", "parts"], sort=False):
        after = _by_seed(group)
        if set(after) == set(seeds):
            parts.append((str(kind), str(name), np.stack([after[seed] for seed in seeds])))
    if not parts:
        return None
    intact = np.stack(list(before.values()))
    model = ContrastModel(changes_of_seeds([(intact, after) for _, _, after in parts]))
    each = _losses(model, np.eye(len(parts)))
    counted = np.array([kind not in APART for kind, _, _ in parts], dtype=float)
    counted = counted if counted.any() else np.ones(len(parts))
    (mean,) = _losses(model, counted[None] / counted.sum())
    return Lesions(
        parts=[Part(name=name, kind=kind, loss=loss) for (kind, name, _), loss in zip(parts, each, strict=True)],
        mean=mean,
        accuracy=float(intact.mean()),
        images=intact.shape[1],
        seeds=len(seeds),
        model=model,
    )


def graded(evidence: Evidence, network: NetworkEvidence, kind: str) -> list[Grade]:
    """Accuracy after random changes, the intact network first; empty where none were made.

    Args:
        evidence: of the page.
        network: of it.
        kind: `SEVERAL`, by the number of parts that are out, or `ORDER`, by the order's tau to two digits.
    """
    table = evidence.lesions
    own = table[table["network"] == network.label]
    if own.empty or not (own["kind"] == kind).any():
        return []
    chosen = own[own["kind"].isin((INTACT, kind))]
    right = [unpacked(row, images).mean() for row, images in zip(chosen["right"], chosen["images"], strict=True)]
    size = chosen["count"].astype(float) if kind == SEVERAL else chosen["disorder"].round(2)
    grouped = pd.DataFrame({"size": size, "accuracy": right}).groupby("size")["accuracy"]
    found = [
        Grade(size=float(str(at)), accuracy=one.mean(), low=one.min(), high=one.max(), draws=len(one))
        for at, one in grouped
    ]
    return found if kind == SEVERAL else found[::-1]


@lru_cache(maxsize=256)
def decided(evidence: Evidence, network: NetworkEvidence) -> Decided | None:
    """A network's own decisions against others at its cost; None where it decides nothing, or was not measured."""
    table = evidence.decisions
    own = table[table["network"] == network.label]
    if own.empty:
        return None
    answers: dict[str, Answers] = {}
    macs: dict[str, float] = {}
    for way, group in own.groupby("decided", sort=False):
        seeds = _by_seed(group)
        answers[str(way)] = np.stack(list(seeds.values()))
        macs[str(way)] = float(group["macs"].mean())
    mine = answers[BY_IMAGE]
    others = [way for way in answers if way != BY_IMAGE]
    model = ContrastModel(changes_of_seeds([(mine, answers[way]) for way in others]))
    return Decided(
        accuracy={way: float(found.mean()) for way, found in answers.items()},
        macs=macs,
        losses=dict(zip(others, _losses(model, np.eye(len(others))), strict=True)),
        images=mine.shape[1],
        seeds=len(mine),
    )


def _by_seed(rows: pd.DataFrame) -> dict[str, Answers]:
    """Whether each seed was right about each image, (I,), of several draws the share that was."""
    found: dict[str, list[NDArray[np.bool_]]] = {}
    for model, right, images in zip(rows["model"], rows["right"], rows["images"], strict=True):
        found.setdefault(model, []).append(unpacked(right, images))
    return {model: np.mean(draws, axis=0) for model, draws in found.items()}


def _losses(model: ContrastModel, weights: NDArray[np.float64]) -> list[Loss]:
    """Of changes (after less before), what is lost: never more than all answers, however uncertain."""
    found = model.contrasts(weights)
    ends = zip(found.estimate, np.maximum(found.low, -1.0), np.minimum(found.high, 1.0), strict=True)
    return [Loss(estimate=-float(value), low=-float(high), high=-float(low)) for value, low, high in ends]
