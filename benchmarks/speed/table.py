"""What every measurement of speed answers: a table of ratios beside the figures that they have to reach."""

from __future__ import annotations

import math
from typing import Any

from benchmarks.speed.turns import Ratio


class NotMeasured(RuntimeError):
    """A section cannot be measured on this machine; the message says why."""


def row_of(what: str, configuration: str, found: Ratio, target: float = math.nan) -> dict[str, Any]:
    """A row of such a table.

    Args:
        what: was compared with what.
        configuration: network, data, sizes, and what else a reader must know.
        found: the ratio.
        target: the ratio that is promised, NaN where none is.
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
