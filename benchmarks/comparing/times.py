"""By how much two studies differ in time; milliseconds of different machines are never compared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.comparing.differences import Difference
from benchmarks.comparing.matching import MatchedNetwork
from benchmarks.comparing.studies import StoredStudy
from benchmarks.comparing.tolerances import TIME, TIME_FLOOR, Tolerances
from benchmarks.reporting.evidence.environments import timed_in
from benchmarks.reporting.formatting import is_missing

APART = "timed in different environments"
"""Why speed-ups are shown and not judged."""
Row = Mapping[str, Any]


def time_differences(
    a: StoredStudy, b: StoredStudy, networks: Sequence[MatchedNetwork], tolerances: Tolerances
) -> list[Difference]:
    """Speed-ups over the baseline that was timed beside a network, at every setting and batch size of both studies.

    They are judged where both were timed in the same environment; elsewhere only shown, since another processor gains
    otherwise from the same saved computation.
    """
    one, other = _rows(a), _rows(b)
    sizes = [size for size in a.evidence.batch_sizes if size in b.evidence.batch_sizes]
    return [
        _difference(network, setting, size, one[label, setting], other[label, setting], tolerances)
        for network in networks
        for label, setting in one
        for size in sizes
        if label == network.label
        and (label, setting) in other
        and not is_missing(one[label, setting][f"speedup_{size}"])
        and not is_missing(other[label, setting][f"speedup_{size}"])
    ]


def _difference(
    network: MatchedNetwork, setting: str, size: int, one: Row, other: Row, tolerances: Tolerances
) -> Difference:
    name = f"speedup_{size}"
    a, b = float(one[name]), float(other[name])
    change = b / a - 1
    half = math.hypot(_log_half_width(one, name), _log_half_width(other, name))
    low, high = ((1 + change) * math.exp(sign * half) - 1 for sign in (-1, 1))
    tolerance, basis = math.inf, APART
    if timed_alike(network):
        tolerance, basis = max(TIME_FLOOR, high - change), "intervals of the passes"
        if tolerances.time is not None:
            tolerance, basis = tolerances.time, "given"
    return Difference(
        network=network.name,
        kind=TIME,
        where=setting,
        batch=size,
        headline=setting == network.headline,
        a=a,
        b=b,
        change=change,
        low=low,
        high=high,
        images=0,
        paired=False,
        tolerance=tolerance,
        basis=basis,
        worse=-change > tolerance,
    )


def _log_half_width(row: Row, name: str) -> float:
    """Half the width of a speed-up's interval, of its logarithm."""
    return abs(math.log(row[f"{name}_high"] / row[f"{name}_low"])) / 2


def timed_alike(network: MatchedNetwork) -> bool:
    """Whether a network was timed in the same environment in both studies."""
    sides = []
    for models in (network.a, network.b):
        timed = [model.record for model in models if model.record.has("latency")]
        sides.append({timed_in(record) for record in timed})
    return len(sides[0] | sides[1]) == 1


def _rows(study: StoredStudy) -> dict[tuple[str, str], Row]:
    table = study.evidence.results
    rows = ({str(name): row[name] for name in row} for row in table.to_dict("records"))
    return {(row["network"], row["setting"]): row for row in rows}
