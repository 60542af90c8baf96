"""Does the order of networks depend on the budget of training? Ranks in several studies, and Kendall's tau.

Tau of two studies is set beside what it would be if the order were the same: the first study's mean accuracies are then
the truth, and the second's are those and noise, of the images and of the seeds. How much a network varies from seed to
seed is estimated from all the studies and moderated by the other networks, so that one that has a single seed is not
taken to be without noise (`benchmarks.statistics.changes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from benchmarks.comparing.studies import StoredStudy, TrainedSeed
from benchmarks.records.files import StoreError
from benchmarks.statistics import ContrastModel, changes

FEWEST = 3
"""Networks of which there is an order to speak of."""
ROUNDED = 12
"""Decimals of tau: values are compared, and the square root of a product of equal counts is not always the count."""
LEVEL = 0.05
"""Share of draws of an unchanged order whose tau is below `Agreement.chance`."""

Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far two studies order their networks alike.

    Attributes:
        a: name of the first study.
        b: name of the second study.
        tau: Kendall's tau-b of mean accuracies: 1 for the same order, -1 for the opposite.
        chance: of equal orders, 95 % have at least this tau.
    """

    a: str
    b: str
    tau: float
    chance: float

    @property
    def changed(self) -> bool:
        """Whether images and seeds do not explain the difference."""
        return self.tau < self.chance


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """The networks that several studies share.

    Attributes:
        studies: their names.
        epochs: of each study's recipe.
        seeds: of the network that has fewest, in one study.
        several_seeds: whether some network has several seeds in a study; otherwise noise is that of images alone.
        networks: their names, best in the last study first.
        accuracy: (networks, studies) at the headline setting, mean over images and seeds.
        ranks: (networks, studies), 1 for the best; networks that are equal share the mean of their ranks.
        agreements: of every two studies.
    """

    studies: tuple[str, ...]
    epochs: tuple[int, ...]
    seeds: int
    several_seeds: bool
    networks: tuple[str, ...]
    accuracy: Values
    ranks: Values
    agreements: tuple[Agreement, ...]


def rank(studies: Sequence[StoredStudy], *, draws: int = 2_000) -> Ranks:
    """The networks that all studies have, and how alike the studies order them.

    Args:
        studies: at least two, on the same test images.
        draws: of the noise.

    Raises:
        StoreError: fewer than two studies or three networks, other data, or a network without answers.
    """
    if len(studies) < 2:
        raise StoreError("ranks are compared between two studies or more")
    shared = [label for label in studies[0].networks if all(label in study.networks for study in studies)]
    if len(shared) < FEWEST:
        names = ", ".join(study.name for study in studies)
        raise StoreError(f"{names} share {len(shared)} networks; an order needs {FEWEST} or more")
    right = [[_right(study, study.networks[label]) for label in shared] for study in studies]
    _check_data(studies, shared)
    means = np.array([[own.mean() for own in study] for study in right])
    agreements = tuple(
        _agreement((studies[a].name, studies[b].name), means[[a, b]], _noise(right, a, b, draws))
        for a, b in combinations(range(len(studies)), 2)
    )
    order = np.argsort(-means[-1], kind="stable")
    seeds = [len(own) for study in right for own in study]
    return Ranks(
        studies=tuple(study.name for study in studies),
        epochs=tuple(study.study.recipe.epochs for study in studies),
        seeds=min(seeds),
        several_seeds=max(seeds) > 1,
        networks=tuple(studies[0].titles[shared[place]] for place in order),
        accuracy=means.T[order],
        ranks=np.array([rankdata(-row) for row in means]).T[order],
        agreements=agreements,
    )


def _right(study: StoredStudy, seeds: Sequence[TrainedSeed]) -> Values:
    """(seeds, images): whether the answer at the headline setting is right."""
    rows = []
    for one in seeds:
        record = one.record
        if not record.has("accuracy"):
            raise StoreError(f"{study.name}: {one.spec.label} has no answers: its table `accuracy` is missing")
        table = record.table("accuracy")
        table = table[table["setting"] == record.settings[0].name].sort_values("index")
        rows.append((table["prediction"] == table["label"]).to_numpy(dtype=np.float64))
    return np.stack(rows)


def _check_data(studies: Sequence[StoredStudy], labels: Sequence[str]) -> None:
    first, *others = studies
    data = first.networks[labels[0]][0].record.config["data"]
    for study in (first, *others):
        for label in labels:
            for one in study.networks[label]:
                if one.record.config["data"] != data:
                    raise StoreError(
                        f"{study.name}: {one.spec.label} was made on other data than {first.name}: "
                        f"{one.record.config['data']}, not {data}"
                    )


def _noise(right: Sequence[Sequence[Values]], a: int, b: int, draws: int) -> Values:
    """(draws, networks): what other images, the same for both studies, and other seeds change of b's means less a's."""
    others = [study for place, study in enumerate(right) if place not in (a, b)]
    pairs = list(zip(right[a], right[b], strict=True))
    return ContrastModel(changes(pairs, others=list(zip(*others, strict=True))), draws=draws).errors


def _agreement(names: tuple[str, str], means: Values, noise: Values) -> Agreement:
    tau = float(tau_b(means[0], means[1]))
    taus = tau_b(np.broadcast_to(means[0], noise.shape), means[0] + noise)
    return Agreement(a=names[0], b=names[1], tau=tau, chance=float(np.quantile(taus, LEVEL, method="lower")))


def tau_b(x: Values, y: Values) -> Values:
    """Kendall's tau-b of each row of two arrays (draws, networks); NaN where all of a row are equal."""
    first, second = np.triu_indices(x.shape[-1], 1)
    of_x, of_y = np.sign(x[..., first] - x[..., second]), np.sign(y[..., first] - y[..., second])
    untied = np.sqrt((of_x != 0).sum(axis=-1) * (of_y != 0).sum(axis=-1))
    with np.errstate(invalid="ignore"):
        found: Values = np.round((of_x * of_y).sum(axis=-1) / untied, ROUNDED)
    return found
