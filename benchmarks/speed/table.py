"""The rows of speed tables: measured ratios and their targets."""

from __future__ import annotations

import math
from typing import Any

from benchmarks.speed.turns import Ratio


class NotMeasured(RuntimeError):
    """A section cannot be measured on this machine; the message says why."""


def row_of(what: str, configuration: str, found: Ratio, target: float = math.nan) -> dict[str, Any]:
    """A row of a speed table.

    Args:
        what: what is compared.
        configuration: network, data, sizes and other conditions.
        found: the measured ratio.
        target: smallest ratio that is good enough; NaN for no target.
    """
    return {
        "what": what,
        "configuration": configuration,
        "ratio": found.median,
        "low": found.low,
        "high": found.high,
        "turns": found.turns,
        "target": target,
    }
