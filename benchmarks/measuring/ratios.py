"""Means and ratios of times that were taken in turns, with bootstrap intervals, and when a ratio is a difference.

What disturbs a machine lasts longer than a pass: all contenders of a turn share it. So whole turns are resampled, and a
ratio has a narrower interval than its two means. Turns that follow each other may be disturbed alike; so they are
resampled in blocks of neighbours, `BLOCKS` at most.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

BLOCKS = 64
"""Most blocks of turns that are resampled; fewer turns than that are a block each."""
RESAMPLES = 2000
CONFIDENCE = 0.95
"""Of the intervals that are shown."""
SURE = 0.999
"""Confidence of the interval that decides whether there is a difference."""
MARGIN = 0.005
"""Relative difference that counts as none: two copies of a network, elsewhere in memory, may differ by a little."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A positive figure, and how exactly it is known.

    Attributes:
        value: the figure.
        error: bootstrap standard error of its natural logarithm; NaN of a single turn.
        blocks: that were resampled.
    """

    value: float
    error: float
    blocks: int

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """Both ends of the interval: Student's t with the bootstrap error, on the scale of logarithms; NaN if unknown.

        Args:
            confidence: in (0, 1).
        """
        reach = self._quantile(confidence) * self.error
        return self.value * math.exp(-reach), self.value * math.exp(reach)

    @property
    def half_width(self) -> float:
        """Half of the 95 % interval, relative to the value; NaN if unknown."""
        return math.sinh(self._quantile(CONFIDENCE) * self.error)

    def scaled(self, factor: float) -> Estimate:
        """The figure times a factor that is known exactly."""
        return Estimate(self.value * factor, self.error, self.blocks)

    def differs(self) -> int:
        """Whether a ratio differs from 1: 1 above it, -1 below, 0 if that cannot be told.

        It differs if its 99.9 % interval has no value within half a percent of 1. A 95 % interval would find a
        difference in 5 of 100 comparisons of a network with itself, and a study makes dozens of comparisons. Where the
        95 % interval is within 1.5 %, at which timing stops, a difference of 5 % is found 99 times in 100.
        """
        low, high = self.interval(SURE)
        return int(low > 1 + MARGIN) - int(high < 1 / (1 + MARGIN))

    def _quantile(self, confidence: float) -> float:
        return float(stdtrit(self.blocks - 1, (1 + confidence) / 2)) if self.blocks > 1 else math.nan


class Turns:
    """Times of contenders that took turns.

    Args:
        seconds: (T, C), a row per turn in the order of time, a column per contender.
    """

    def __init__(self, seconds: Array) -> None:
        self.blocks = min(len(seconds), BLOCKS)
        first = np.arange(self.blocks) * len(seconds) // self.blocks
        lengths = np.diff(first, append=len(seconds))
        draws = _draws(self.blocks)
        self._means = seconds.mean(axis=0)
        resampled = draws @ np.add.reduceat(seconds, first, axis=0)
        self._logs: Array = np.log(resampled / (draws @ lengths)[:, np.newaxis])

    def mean(self, contender: int) -> Estimate:
        """Mean seconds of a contender, by its column."""
        return self._estimate(float(self._means[contender]), self._logs[:, contender])

    def ratio(self, numerator: int, denominator: int) -> Estimate:
        """Mean seconds of a contender over those of another one, by their columns."""
        value = float(self._means[numerator] / self._means[denominator])
        return self._estimate(value, self._logs[:, numerator] - self._logs[:, denominator])

    def _estimate(self, value: float, logs: Array) -> Estimate:
        if self.blocks < 2:
            return Estimate(value, math.nan, self.blocks)
        unbiased = math.sqrt(self.blocks / (self.blocks - 1))
        return Estimate(value, unbiased * float(logs.std()), self.blocks)


@lru_cache(maxsize=BLOCKS)
def _draws(blocks: int) -> Array:
    """How often each resample has each block, (RESAMPLES, blocks); the same in every process."""
    counts = np.random.default_rng(blocks).multinomial(blocks, np.full(blocks, 1 / blocks), size=RESAMPLES)
    return counts.astype(np.float64)
