"""Means over the same images of several quantities, and differences between them, with intervals that hold together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.statistics import ContrastModel, Floats, components


@dataclass(frozen=True)
class Estimate:
    """A value with the ends of its interval."""

    value: float
    low: float
    high: float

    @property
    def sign(self) -> int:
        """1 or -1 where the interval is above or below 0, else 0."""
        return int(self.low > 0) - int(self.high < 0)


def mean_values(values: Mapping[tuple[str, str], Floats]) -> dict[tuple[str, str], Estimate]:
    """The mean of every quantity over its images, 95 % intervals of all of them at once.

    Args:
        values: (I,) by name, of the same images in the same order.
    """
    if not values:
        return {}
    model = ContrastModel(components([own[None] for own in values.values()]))
    found = model.contrasts(np.eye(len(values)))
    ends = zip(found.estimate, found.low, found.high, strict=True)
    return {name: Estimate(*map(float, own)) for name, own in zip(values, ends, strict=True)}
