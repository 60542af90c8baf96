"""Times of several calls that take turns (A B C A B C), and the ratio of two of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]
"""Seconds of every recorded turn of a call, (T,)."""
WARM_UP = 0.2
"""Fraction of the budget in which turns are not recorded."""
FEWEST = 7
"""Smallest number of recorded turns, whatever the budget."""


def take_turns(
    calls: Mapping[str, Callable[[], object]],
    seconds: float,
    *,
    clock: Callable[[], float] = time.process_time,
    fewest: int = FEWEST,
) -> dict[str, Times]:
    """Call every function once per turn until the budget is spent.

    Args:
        calls: functions to time, by name.
        seconds: wall-clock budget of all turns together, warm-up included.
        clock: by default CPU time of the process, which other work on the machine disturbs least.
        fewest: smallest number of recorded turns, whatever the budget.
    """
    recorded: dict[str, list[float]] = {name: [] for name in calls}
    started = time.perf_counter()
    warm = False
    while True:
        elapsed = time.perf_counter() - started
        if warm and elapsed > seconds and len(next(iter(recorded.values()))) >= fewest:
            return {name: np.array(times) for name, times in recorded.items()}
        for name, call in calls.items():
            before = clock()
            call()
            if warm:
                recorded[name].append(clock() - before)
        warm = warm or time.perf_counter() - started > WARM_UP * seconds


@dataclass(frozen=True)
class Ratio:
    """Median and quartiles of a ratio over turns.

    Attributes:
        median: of the ratios turn by turn.
        low: first quartile.
        high: third quartile.
        turns: how many.
    """

    median: float
    low: float
    high: float
    turns: int

    def __str__(self) -> str:
        """`1.05 (1.01-1.08)`."""
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"

    def scaled(self, factor: float) -> Ratio:
        """Every figure times a factor."""
        return Ratio(self.median * factor, self.low * factor, self.high * factor, self.turns)


def ratio(numerator: Times, denominator: Times) -> Ratio:
    """One call's time over another's, turn by turn."""
    low, median, high = np.quantile(numerator / denominator, [0.25, 0.5, 0.75])
    return Ratio(float(median), float(low), float(high), len(numerator))
