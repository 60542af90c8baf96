"""A comparison as plain values, for programs."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from benchmarks.comparing.comparison import Comparison

FORMAT = 1
"""Version of the layout, which changes where a field is renamed or goes."""


def as_json(comparison: Comparison) -> str:
    """The comparison as a JSON object.

    Its members are `format`, `acceptable` (whether the exit status is 0), `claims_changed` (a number), `worse` and
    `unexplained`, and the fields of `Comparison`. Numbers that are not finite are null.
    """
    values = {
        "format": FORMAT,
        "acceptable": comparison.acceptable,
        "claims_changed": len(comparison.changed_claims),
        "worse": [asdict(found) for found in comparison.worse],
        "unexplained": [asdict(found) for found in comparison.unexplained],
        **asdict(comparison),
    }
    return json.dumps(_plain(values), indent=1, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
