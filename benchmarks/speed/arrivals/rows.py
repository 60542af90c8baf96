"""Rows of the comparison: what was found of networks and the ways to serve them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed.arrivals.trials import LEVELS, Entry
from benchmarks.speed.table import row_of
from benchmarks.speed.turns import ratio

TARGET = 1.5
"""Smallest ratio of a cascade's highest rate to the static network's."""
WALL, PROCESSOR = "on the wall clock", "in CPU time"
CLOCKS = (WALL, PROCESSOR)
"""On which highest rates are found, the first of which that has rates has the target."""
ENOUGH = 0.5
"""Share of the turns that have to find a rate of every network."""


def turns_with_rates(entries: Sequence[Entry], clock: str) -> NDArray[np.bool_] | None:
    """(T,), the turns in which some levels were sustained and others were not, of every entry; None if too few."""
    each = [_rates(entry, clock) / entry.plan.rate for entry in entries]
    found = np.all([(levels > 0) & (levels < 0.999 * LEVELS[-1]) for levels in each], axis=0)
    return found if found.mean() >= ENOUGH else None


def found_rates(entry: Entry, entries: Sequence[Entry], clock: str) -> NDArray[np.float64]:
    """Highest rates of an entry, of the turns in which all entries have one."""
    turns = turns_with_rates(entries, clock)
    return _rates(entry, clock)[turns if turns is not None else slice(0)]


def _rates(entry: Entry, clock: str) -> NDArray[np.float64]:
    return np.array(entry.rates if clock == WALL else entry.processor_rates)


def rate_rows(groups: Sequence[Sequence[Entry]], clock: str, limit: float, *, promised: bool) -> list[dict[str, Any]]:
    """Highest rates over the static network's, and of cascades re-batching over going on at once.

    Args:
        groups: the ways to serve each network, the static one first.
        clock: one that has rates.
        limit: seconds to the deadline.
        promised: whether this clock's rates have the target.
    """
    entries = [entry for group in groups for entry in group]
    rates = {entry.name: found_rates(entry, entries, clock) for entry in entries}
    static = entries[0]
    rows = []
    for group in groups[1:]:
        for entry in group:
            predicted = f"predicted {entry.plan.rate / static.plan.rate:.2f}; deadline {1000 * limit:.3g} ms"
            described = " against ".join(_described(each, rates[each.name], clock) for each in (entry, static))
            what = f"highest rate with 99 % in time, over the static network's, {clock}"
            target = _target(entry, group) if promised else math.nan
            found = ratio(rates[entry.name], rates[static.name])
            rows.append(row_of(what, f"{described}; {predicted}; by {entry.contestant.engine}", found, target))
    for straight, anew in (group for group in groups if len(group) > 1):
        predicted = f"predicted {anew.plan.rate / straight.plan.rate:.2f}"
        described = " against ".join(_described(each, rates[each.name], clock) for each in (anew, straight))
        found = ratio(rates[anew.name], rates[straight.name])
        rows.append(
            row_of(f"highest rate, re-batching at exits over at once, {clock}", f"{described}; {predicted}", found)
        )
    return rows


def _target(entry: Entry, group: Sequence[Entry]) -> float:
    """Only the way to serve a cascade that is predicted to be the best has one."""
    best = max(group, key=lambda other: other.plan.rate)
    return TARGET if len(group) > 1 and entry is best and entry.contestant.within else math.nan


def _described(entry: Entry, rates: NDArray[np.float64], clock: str) -> str:
    disturbed = f", {np.mean(entry.disturbed):.0%} of the trials disturbed" if clock == WALL else ""
    return (
        f"{entry.name}: {np.median(rates):,.0f}/s in batches up to {entry.plan.largest}, "
        f"accuracy {entry.contestant.accuracy:.1%}{disturbed}"
    )


def at_rate(entry: Entry, static: Entry, load: float, rate: float) -> dict[str, Any]:
    """Goodput and latencies at a rate that all networks are offered; goodput counts as 1/s where it is less."""
    own, its = entry.outcomes[rate], static.outcomes[rate]
    goodput = [np.array([max(1.0, outcome.goodput) for outcome in found]) for found in (own, its)]
    half, most = (_milliseconds([outcome.percentile(percent) for outcome in own]) for percent in (50, 99))
    served = f"{entry.name}, by {entry.contestant.engine}: {np.median(goodput[0]):,.0f} of {rate:,.0f}/s in time"
    what = f"goodput on the wall clock at {load:.0%} of the static network's highest rate, over its"
    return row_of(what, f"{served}; latency p50 {half}, p99 {most}", ratio(*goodput))


def _milliseconds(latencies: Sequence[float]) -> str:
    """The median over turns."""
    median = float(np.median(latencies))
    return f"{1000 * median:.3g} ms" if math.isfinite(median) else "dropped"
