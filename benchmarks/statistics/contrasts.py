"""What is estimated of several contrasts at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.statistics.moderation import Floats

POWER = 0.8
"""Probability with which a study sees a difference of the size that `visible` says."""
NORMAL_QUANTILE = 0.8416
"""The standard normal's quantile at `POWER`."""


@dataclass(frozen=True)
class Contrasts:
    """M weighted sums of accuracies, with intervals that hold together.

    Attributes:
        estimate: (M,).
        standard_error: (M,).
        critical: the intervals are `estimate` plus and minus so many standard errors.
    """

    estimate: Floats
    standard_error: Floats
    critical: float

    @property
    def low(self) -> Floats:
        """(M,) lower ends."""
        return self.estimate - self.critical * self.standard_error

    @property
    def high(self) -> Floats:
        """(M,) upper ends."""
        return self.estimate + self.critical * self.standard_error

    @property
    def differs(self) -> NDArray[np.bool_]:
        """(M,) whether the interval leaves 0 out."""
        return np.abs(self.estimate) > self.critical * self.standard_error

    @property
    def visible(self) -> Floats:
        """(M,) the true size that the study would have found with a probability of 80 %."""
        return (self.critical + NORMAL_QUANTILE) * self.standard_error
