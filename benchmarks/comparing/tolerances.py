"""How much worse a network may be before a comparison fails."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import t

from benchmarks.comparing.samples import ACCURACY, COST, ROBUST, Samples, Values

TIME = "time"
"""The kind of quantities that passes are timed for."""
LEVEL = 0.05
"""How often a comparison of equal studies may fail, all networks and settings together."""
COST_FLOOR, TIME_FLOOR = 0.05, 0.25
"""Smallest tolerances of costs that vary from image to image and of times, whatever the intervals are: how often gates
open differs from training to training, and times from run to run, which intervals of a single one do not show."""


@dataclass(frozen=True, kw_only=True)
class Tolerances:
    """What a user accepts; None: what follows from the results themselves, see `spread_tolerance`.

    Attributes:
        accuracy: share of test images, such as 0.005.
        robust: share of attacked images.
        cost: relative, of multiply-accumulates.
        time: relative, of the speed-up over the baseline.
    """

    accuracy: float | None = None
    robust: float | None = None
    cost: float | None = None
    time: float | None = None

    def given(self, kind: str) -> float | None:
        """The user's tolerance for a kind of quantity."""
        return {ACCURACY: self.accuracy, ROBUST: self.robust, COST: self.cost, TIME: self.time}[kind]


@dataclass(frozen=True)
class Spread:
    """How much seeds differ.

    Attributes:
        deviation: standard deviation over seeds.
        freedom: its degrees of freedom.
    """

    deviation: float
    freedom: int


def family(samples: Samples) -> tuple[str, str]:
    """What a quantity is judged together with: its kind, and for attacks the attack and epsilon."""
    return samples.kind, samples.where if samples.kind == ROBUST else ""


def pooled_spreads(several: Iterable[Samples]) -> Mapping[tuple[str, str], Spread]:
    """The spread over seeds by family, pooled over networks and settings; costs are relative to their mean.

    Families of which no network has several seeds are left out, and so are costs that never vary.
    """
    sums: dict[tuple[str, str], float] = {}
    freedom: dict[tuple[str, str], int] = {}
    for samples in several:
        for side in (samples.a, samples.b):
            if len(side) > 1 and not is_fixed(samples):
                own, means = family(samples), seed_means(samples.kind, side)
                sums[own] = sums.get(own, 0.0) + float(((means - means.mean()) ** 2).sum())
                freedom[own] = freedom.get(own, 0) + len(side) - 1
    return {own: Spread(math.sqrt(sums[own] / freedom[own]), freedom[own]) for own in sums}


def seed_means(kind: str, values: Values) -> Values:
    """The mean of each seed; of costs, relative to the mean over seeds."""
    means: Values = values.mean(axis=1)
    return means / means.mean() if kind == COST and means.mean() > 0 else means


def spread_tolerance(samples: Samples, pooled: Spread, comparisons: int) -> float:
    """How far the means of two studies may be apart if only their seeds differ.

    It is a quantile of Student's t, with Bonferroni's correction for the number of comparisons, times the standard
    deviation over seeds: the network's own, or the pooled one where that is greater, since few seeds can be close by
    chance.

    Args:
        samples: of the network.
        pooled: of its family, from `pooled_spreads`.
        comparisons: how many there are of its kind.
    """
    own = [seed_means(samples.kind, side).std(ddof=1) for side in (samples.a, samples.b) if len(side) > 1]
    quantile = float(t.ppf(1 - LEVEL / (2 * comparisons), pooled.freedom))
    return quantile * max([pooled.deviation, *map(float, own)]) * math.sqrt(1 / len(samples.a) + 1 / len(samples.b))


def is_fixed(samples: Samples) -> bool:
    """Whether it is a cost that is the same for every image and from every seed, which nothing may change."""
    return samples.kind == COST and all(np.ptp(side) == 0 for side in (samples.a, samples.b))
