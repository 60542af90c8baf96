"""How much worse a network may be before a comparison fails."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.comparing.samples import ACCURACY, COST, ROBUST

TIME = "time"
"""The kind of quantities that passes are timed for."""
COST_FLOOR, TIME_FLOOR = 0.05, 0.25
"""Smallest tolerances of costs that vary from image to image and of times, whatever the intervals are: how often gates
open differs from training to training, and times from run to run, which intervals of a single one do not show."""


@dataclass(frozen=True, kw_only=True)
class Tolerances:
    """What a user accepts; None: what follows from the results themselves, see `benchmarks.comparing.judgement`.

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
