"""How well a timing is known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

WIDE = 0.05
"""Half-width of a 95 % interval, relative to the value, from which a timing counts as noisy."""


def half_width(point: Mapping[str, Any], name: str) -> float:
    """Of the interval of a column, relative to its value; NaN where it has none.

    Args:
        point: a row of `benchmarks.reporting.evidence.evidence.Evidence.results`.
        name: of the column.
    """
    value, low, high = (float(point.get(f"{name}{end}", math.nan)) for end in ("", "_low", "_high"))
    return (high - low) / 2 / value if value else math.nan


def is_noisy(point: Mapping[str, Any], name: str) -> bool:
    """Whether a timing is known to no better than `WIDE`; not where it is unknown."""
    return half_width(point, name) > WIDE
