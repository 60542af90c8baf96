"""Confidence intervals of proportions."""

from __future__ import annotations

from functools import lru_cache

from scipy.stats import binomtest

CONFIDENCE = 0.95


@lru_cache(maxsize=100_000)
def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a proportion."""
    found = binomtest(successes, trials).proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)
