"""Serving as users do: how many requests per second each network answers in time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.speed.arrivals.contestants import SIZES, Contestant, train_contestants
from benchmarks.speed.arrivals.stage_times import measure_times
from benchmarks.speed.arrivals.trials import Entry, entries_of, load_turns, search_turns
from benchmarks.speed.table import row_of
from benchmarks.speed.turns import ratio
from benchmarks.training.numerics import single_threaded

DEADLINE = 10
"""Of every request, in times that the static network takes for one image."""
LOADS = (0.5, 1.0, 1.5)
"""Rates at which goodput and latency are measured, in the static network's highest."""
TARGET = 1.5
"""Smallest ratio of a cascade's highest rate to the static network's."""
TRIAL, TIMING = 0.5, 2.0
"""Seconds of arrivals at one rate, and of timing a network's stages."""


def measure(seconds: float) -> pd.DataFrame:
    """Highest rates of Poisson arrivals at which 99 % are answered in time, and goodput and latency at equal rates.

    The former are in one-thread CPU time, the latter on the wall clock, which other work on the machine disturbs.

    The static network is `resnet[tiny]`, on MNIST. The others are smaller static ones, a gated one, and a cascade in
    which who stays goes on at once or may wait at the exits for others. The way to serve the cascade that is predicted
    to be better has a target, if the cascade is accurate enough on validation images.

    Args:
        seconds: for the turns of all rows together; to train the networks takes a minute or two more.

    Returns:
        Rows per network and rate, columns as `benchmarks.speed.table.row_of` says.
    """
    with single_threaded():
        return compare(train_contestants(), seconds, TRIAL)


def compare(contestants: Sequence[Contestant], seconds: float, trial: float) -> pd.DataFrame:
    """Measure networks, the first of which is the static one; see `measure`.

    Args:
        contestants: of which those with several stages are served in two ways.
        seconds: for all turns together.
        trial: seconds of arrivals at one rate.
    """
    times = [measure_times(each.server, each.waiting, SIZES, min(TIMING, seconds / 20)) for each in contestants]
    limit = DEADLINE * times[0](0, 1)
    groups = [entries_of(each, own, limit) for each, own in zip(contestants, times, strict=True)]
    entries = [entry for group in groups for entry in group]
    search_turns(entries, limit, 0.6 * seconds, trial)
    rates = [load * float(np.median(entries[0].rates)) for load in LOADS]
    load_turns(entries, rates, limit, 0.4 * seconds, trial)
    static = entries[0]
    rows = [_highest(entry, static, limit, _target(entry, group)) for group in groups[1:] for entry in group]
    rows += [_rebatching(*group) for group in groups if len(group) > 1]
    for load, rate in zip(LOADS, rates, strict=True):
        rows += [_at_rate(entry, static, load, rate) for entry in entries]
    return pd.DataFrame(rows)


def _target(entry: Entry, group: Sequence[Entry]) -> float:
    """Only the way to serve a cascade that is predicted to be the best has one."""
    best = max(group, key=lambda other: other.plan.rate)
    return TARGET if len(group) > 1 and entry is best and entry.contestant.within else math.nan


def _highest(entry: Entry, static: Entry, limit: float, target: float) -> dict[str, Any]:
    found = ratio(np.array(entry.rates), np.array(static.rates))
    predicted = f"predicted {entry.plan.rate / static.plan.rate:.2f}; deadline {1000 * limit:.3g} ms"
    configuration = f"{_described(entry)}; against {_described(static)}; {predicted}"
    return row_of("highest rate with 99 % in time, over the static network's", configuration, found, target)


def _rebatching(straight: Entry, anew: Entry) -> dict[str, Any]:
    found = ratio(np.array(anew.rates), np.array(straight.rates))
    predicted = f"predicted {anew.plan.rate / straight.plan.rate:.2f}"
    configuration = f"{_described(anew)}; against {np.median(straight.rates):,.0f}/s; {predicted}"
    return row_of("highest rate, re-batching at exits over going on at once", configuration, found)


def _described(entry: Entry) -> str:
    rate, accuracy = float(np.median(entry.rates)), entry.contestant.accuracy
    return f"{entry.name}: {rate:,.0f}/s in batches up to {entry.plan.largest}, accuracy {accuracy:.1%}"


def _at_rate(entry: Entry, static: Entry, load: float, rate: float) -> dict[str, Any]:
    """Goodput and latencies at a rate that all networks are offered; goodput counts as 1/s where it is less."""
    own, its = entry.outcomes[rate], static.outcomes[rate]
    goodput = [np.array([max(1.0, outcome.goodput) for outcome in found]) for found in (own, its)]
    half, most = (_milliseconds([outcome.percentile(percent) for outcome in own]) for percent in (50, 99))
    return row_of(
        f"goodput on the wall clock at {load:.0%} of the static network's highest rate, over its",
        f"{entry.name}: {np.median(goodput[0]):,.0f} of {rate:,.0f}/s in time; latency p50 {half}, p99 {most}",
        ratio(*goodput),
    )


def _milliseconds(latencies: Sequence[float]) -> str:
    """The median over turns."""
    median = float(np.median(latencies))
    return f"{1000 * median:.3g} ms" if math.isfinite(median) else "dropped"
