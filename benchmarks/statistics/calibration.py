"""How large calibration errors are by chance.

The error of n images is above 0 even where confidence is all that it should be: the accuracy of every bin scatters.
Intervals by resampling images do not cover 0 then, and so are not used. Instead, answers are drawn that are right with
the probability that their confidence says (consistency resampling: Broecker and Smith 2007, Weather and Forecasting
22(3)): an error that few of such draws reach is no chance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.statistics.moderation import Floats
from benchmarks.statistics.simulation import SEED

DRAWN = 1000
"""Draws of answers."""


def binned_errors(gaps: Floats, bins: NDArray[np.int_], count: int) -> Floats:
    """Expected calibration errors (M,): mean over images of the absolute sums of gaps in bins.

    Args:
        gaps: (N, M) confidence minus whether the answer is right.
        bins: (N, M) the bin of each confidence, from 0.
        count: of bins.
    """
    images, several = gaps.shape
    places = (bins + count * np.arange(several)).ravel()
    sums = np.bincount(places, weights=gaps.ravel(), minlength=count * several)
    return np.asarray(np.abs(sums).reshape(several, count).sum(axis=1) / images)


def errors_by_chance(confidence: Floats, bins: NDArray[np.int_], count: int, *, draws: int = DRAWN) -> Floats:
    """Errors (B, M) of classifiers with these confidences that are as often right as they say; as `binned_errors`."""
    generator = np.random.default_rng(SEED)
    drawn = (generator.random(confidence.shape) < confidence for _ in range(draws))
    return np.stack([binned_errors(confidence - right, bins, count) for right in drawn])
