"""The interval of a difference between two studies."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.stats import norm

from benchmarks.comparing.samples import COST, Samples, Values
from benchmarks.comparing.spreads import LEVEL


@dataclass(frozen=True)
class Change:
    """From the first study to the second: a difference of shares, or the ratio of costs minus 1.

    Attributes:
        value: estimated.
        low: end of its interval.
        high: end of its interval.
    """

    value: float
    low: float
    high: float


def change_of(samples: Samples, comparisons: int, seeds: float = 0.0) -> Change:
    """The change of a quantity; the intervals of all comparisons together hold with 95 % confidence.

    Images and seeds are drawn independently of each other: the squares of what each of them leaves to chance add up.

    Args:
        samples: in both studies.
        comparisons: how many there are of this kind.
        seeds: half the width of the interval that the seeds alone leave, see `benchmarks.comparing.spreads`.
    """
    a, b = samples.a.mean(axis=0), samples.b.mean(axis=0)
    quantile = float(norm.ppf(1 - LEVEL / (2 * comparisons)))
    scale = float(a.mean()) if samples.kind == COST else 1.0
    if scale == 0:
        return Change(0.0 if not b.any() else math.inf, math.nan, math.nan)
    value = (float(b.mean()) - float(a.mean())) / scale
    if samples.paired:
        error = _error(b - a * (1 + value if samples.kind == COST else 1))
    else:
        error = math.hypot(_error(a), _error(b))
    half = math.hypot(quantile * error / scale, seeds)
    return Change(value, value - half, value + half)


def _error(values: Values) -> float:
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else 0.0
