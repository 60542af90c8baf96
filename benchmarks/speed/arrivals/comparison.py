"""Serving as users do: how many requests per second each network answers in time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from benchmarks.speed.arrivals.contestants import SIZES, Contestant, train_contestants
from benchmarks.speed.arrivals.rows import CLOCKS, at_rate, found_rates, rate_rows, turns_with_rates
from benchmarks.speed.arrivals.stage_times import measure_times
from benchmarks.speed.arrivals.trials import entries_of, load_turns, search_turns
from benchmarks.speed.table import NotMeasured
from benchmarks.training.numerics import single_threaded

DEADLINE = 10
"""Of every request, in times that the static network takes for one image."""
LOADS = (0.5, 1.0, 1.5)
"""Rates at which goodput and latency are measured, in the static network's highest."""
TRIAL, TIMING = 0.4, 2.0
"""Seconds of arrivals at one rate, and of timing a network's stages."""


def measure(seconds: float) -> pd.DataFrame:
    """Highest rates of Poisson arrivals at which 99 % are answered in time, and goodput and latency at equal rates.

    All on the wall clock, and highest rates in one-thread CPU time too: see `benchmarks.speed.arrivals.trials` for how
    they are found on a machine that does other work as well. One engine serves all networks: ONNX Runtime where it is
    installed.

    The static network is `resnet[tiny]`, on MNIST. The others are smaller static ones, a gated one, and a cascade in
    which who stays goes on at once or may wait at the exits for others. The way to serve the cascade that is predicted
    to be better has a target, if the cascade is accurate enough on validation images.

    Args:
        seconds: for the turns of all rows together; to train the networks takes a minute or two more.

    Returns:
        Rows per network and rate, columns as `benchmarks.speed.table.row_of` says.

    Raises:
        NotMeasured: times vary so much that no rates are found, not even in CPU time.
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
    found = [kind for kind in CLOCKS if turns_with_rates(entries, kind) is not None]
    if not found:
        raise NotMeasured("no rates are sustained or all are, even in CPU time: stop other work on the machine")
    rows = [row for kind in found for row in rate_rows(groups, kind, limit, promised=kind == found[0])]
    static = entries[0]
    rates = [load * float(np.median(found_rates(static, entries, found[0]))) for load in LOADS]
    load_turns(entries, rates, limit, 0.4 * seconds, trial)
    for load, rate in zip(LOADS, rates, strict=True):
        rows += [at_rate(entry, static, load, rate) for entry in entries]
    return pd.DataFrame(rows)
