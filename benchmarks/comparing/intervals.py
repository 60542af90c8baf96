"""The interval of a difference between two studies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from benchmarks.comparing.samples import COST, Samples, Values

LEVEL = 0.05


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


def change_of(samples: Samples, comparisons: int) -> Change:
    """The change of a quantity; the intervals of all comparisons together hold with 95 % confidence.

    Args:
        samples: in both studies.
        comparisons: how many there are of this kind.
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
    half = quantile * math.hypot(error, _seed_error(samples)) / scale
    return Change(value, value - half, value + half)


def _error(values: Values) -> float:
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else 0.0


def _seed_error(samples: Samples) -> float:
    if samples.same_seeds:
        return _error(samples.b.mean(axis=1) - samples.a.mean(axis=1))
    return math.hypot(*(_error(np.asarray(side.mean(axis=1))) for side in (samples.a, samples.b)))
