"""What two studies measured of a network, image by image or pass by pass, brought to the same images."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.comparing.answers import PLACES, place_text
from benchmarks.comparing.matching import MatchedNetwork
from benchmarks.comparing.studies import TrainedSeed
from benchmarks.measuring.attacks.contract import CLEAN

ACCURACY, COST, ROBUST = "accuracy", "cost", "robust accuracy"
"""Kinds of quantities that there are for every image."""

Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """A quantity of a network at a setting, in two studies.

    Attributes:
        kind: `accuracy`, `cost` or `robust accuracy`.
        where: the setting, or the attack and its epsilon.
        a: (seeds, images) in the first study.
        b: (seeds, images) in the second study.
        paired: whether the images are the same, in the same order.
        same_seeds: whether row s of both is of the same seed.
        family: the attack and its epsilon, or the setting's place among the network's: every network has it once.
        images: digest of the images of the first study, in order.
    """

    kind: str
    where: str
    a: Values
    b: Values
    paired: bool
    same_seeds: bool
    family: str = ""
    images: str = ""


def samples_of(network: MatchedNetwork) -> Iterator[Samples]:
    """Accuracy and cost at every setting, and accuracy under every attack, as far as both studies have them."""
    same_seeds = len(network.pairs) == len(network.a) == len(network.b)
    for table, kinds in (("accuracy", (ACCURACY, COST)), ("robustness", (ROBUST,))):
        a, b = _tables(network.a, table), _tables(network.b, table)
        if not (a and b):
            continue
        groups_a, groups_b = _by_place(a, table), _by_place(b, table)
        for place, where in enumerate(groups_a):
            if where in groups_b:
                family = where if table == "robustness" else str(place)
                for kind in kinds:
                    own = _samples(kind, where, groups_a[where], groups_b[where], same_seeds=same_seeds)
                    yield replace(own, family=family)


def _tables(models: Sequence[TrainedSeed], table: str) -> list[pd.DataFrame]:
    return [model.record.table(table) for model in models if model.record.has(table)]


def _by_place(tables: Sequence[pd.DataFrame], table: str) -> dict[str, list[pd.DataFrame]]:
    """The rows of each setting or attack, one frame per seed, by its text; clean images of attacks are left out."""
    found: dict[str, list[pd.DataFrame]] = {}
    for one in tables:
        for values, rows in one.groupby(list(PLACES[table]), sort=False):
            if values[0] != CLEAN or table == "accuracy":
                found.setdefault(place_text(table, values), []).append(rows.set_index("index"))
    return found


def _samples(kind: str, where: str, a: list[pd.DataFrame], b: list[pd.DataFrame], *, same_seeds: bool) -> Samples:
    images = [_common(side) for side in (a, b)]
    both = images[0].intersection(images[1])
    paired = len(both) > 0 and bool((a[0].loc[both, "label"] == b[0].loc[both, "label"]).all())
    if paired:
        images = [both, both]
    one, other = (
        np.stack([_values(kind, frame.loc[chosen]) for frame in side])
        for side, chosen in zip((a, b), images, strict=True)
    )
    return Samples(
        kind=kind,
        where=where,
        a=one,
        b=other,
        paired=paired,
        same_seeds=same_seeds and len(a) == len(b),
        images=hashlib.sha256(images[0].to_numpy(dtype=np.int64).tobytes()).hexdigest(),
    )


def _common(frames: Sequence[pd.DataFrame]) -> pd.Index:
    """Images that every seed of a study has."""
    found = frames[0].index
    for frame in frames[1:]:
        found = found.intersection(frame.index)
    return found


def _values(kind: str, rows: pd.DataFrame) -> Values:
    column = rows["macs"] if kind == COST else rows["label"] == rows["prediction"]
    return np.asarray(column, dtype=np.float64)
