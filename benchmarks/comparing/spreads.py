"""How much results differ from seed to seed, and so how far two studies may be apart by chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import t

from benchmarks.comparing.samples import COST, ROBUST, Samples, Values

LEVEL = 0.05
"""How often two equal studies may be told apart, all networks and settings together."""
Family = tuple[str, str]
"""Quantities with a common spread: their kind, and for attacks the attack and epsilon."""


@dataclass(frozen=True)
class Spread:
    """How much seeds differ.

    Attributes:
        deviation: standard deviation over seeds.
        freedom: its degrees of freedom.
    """

    deviation: float
    freedom: int


Groups = Callable[[Samples], list[Values]]
"""The numbers of some samples of which each group has one number per seed."""


def family(samples: Samples) -> Family:
    """What a quantity has its spread in common with."""
    return samples.kind, samples.where if samples.kind == ROBUST else ""


def by_study(samples: Samples) -> list[Values]:
    """The mean of every seed in each study that has several; of costs, relative to the mean over seeds."""
    means = [side.mean(axis=1) for side in (samples.a, samples.b) if len(side) > 1]
    return [_relative(samples, own, own.mean()) for own in means]


def by_pair(samples: Samples) -> list[Values]:
    """From A to B, the change of every seed that both have, if these are several; of costs, relative to A's mean."""
    if not samples.same_seeds or len(samples.a) < 2:
        return []
    return [_relative(samples, samples.b.mean(axis=1) - samples.a.mean(axis=1), samples.a.mean())]


def pooled(several: Iterable[Samples], groups: Groups) -> Mapping[Family, Spread]:
    """The spread over seeds by family, pooled over networks and settings.

    Families of which no network has several seeds are left out, and so are costs that never vary.
    """
    sums: dict[Family, float] = {}
    freedom: dict[Family, int] = {}
    for samples in several:
        if is_fixed(samples):
            continue
        own = family(samples)
        for values in groups(samples):
            sums[own] = sums.get(own, 0.0) + float(((values - values.mean()) ** 2).sum())
            freedom[own] = freedom.get(own, 0) + len(values) - 1
    return {own: Spread(math.sqrt(sums[own] / freedom[own]), freedom[own]) for own in sums}


def apart_by_chance(
    samples: Samples, spreads: Mapping[Family, Spread], groups: Groups, comparisons: int
) -> float | None:
    """How far the means of two studies may be apart by the chance of their seeds; None where no spread is known.

    It is a quantile of Student's t, with Bonferroni's correction for the number of comparisons, times the standard
    deviation over seeds: the network's own, or the pooled one where that is greater, since few seeds can be close by
    chance.

    Args:
        samples: of the network.
        spreads: from `pooled`, of the same groups.
        groups: `by_study` or `by_pair`.
        comparisons: how many there are of its kind.
    """
    spread = spreads.get(family(samples))
    if spread is None or is_fixed(samples):
        return None
    deviation = max([spread.deviation, *(float(values.std(ddof=1)) for values in groups(samples))])
    quantile = float(t.ppf(1 - LEVEL / (2 * comparisons), spread.freedom))
    counts = [len(samples.a)] if groups is by_pair else [len(samples.a), len(samples.b)]
    return quantile * deviation * math.sqrt(sum(1 / count for count in counts))


def is_fixed(samples: Samples) -> bool:
    """Whether it is a cost that is the same for every image and from every seed, which nothing may change."""
    return samples.kind == COST and all(np.ptp(side) == 0 for side in (samples.a, samples.b))


def _relative(samples: Samples, values: Values, mean: float) -> Values:
    return values / mean if samples.kind == COST and mean > 0 else values
