"""Networks that serve the same arrivals in turns, on the wall clock and in CPU time, to find their highest rates.

On the wall clock a process that is kept from running for 10 ms loses the deadlines of all who wait, at any rate. On a
machine where that happens twice a second no rate is sustained, and a search that goes down until one is never ends. So

- a search bisects a fixed scale around the predicted rate: six questions, whatever the answers;
- a trial lasts as long as its arrivals, a fraction of a second;
- the clock says which share of a trial others took. A rate is sustained if one of a few trials shows it, and no trial
  is repeated that others left alone: they can only make a server slower. Rows say how many trials were disturbed.

In CPU time waiting is skipped and others do not count, but neither does what the kernel does late: it is the second
figure, and the one that has the target where the wall clock gives none.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.speed.arrivals.clock import Clock, ProcessorClock, RealClock
from benchmarks.speed.arrivals.contestants import Contestant
from benchmarks.speed.arrivals.highest_rate import highest_level
from benchmarks.speed.arrivals.outcome import Outcome
from benchmarks.speed.arrivals.plans import Plan, at_once, rebatched
from benchmarks.speed.arrivals.queueing import poisson, serve
from benchmarks.speed.arrivals.stage_times import StageTimes

FEWEST_REQUESTS, FEWEST_TURNS = 300, 3
LEVELS = tuple(1.025**k for k in range(-48, 15))
"""Rates that are tried, in the predicted highest rate: .31 to 1.41 in 63 steps of 2.5 %, six questions."""
TRIES = 3
"""Trials at one rate on the wall clock, at most."""
DISTURBED = 0.005
"""Share of a trial's time that others took, from which it counts as disturbed: half of what may be late."""


@dataclass(frozen=True)
class Entry:
    """A network and a way to serve it, with what is found of them.

    Attributes:
        name: of both.
        contestant: the network.
        plan: the way.
        rates: highest rate of every turn on the wall clock, requests per second; 0 where no level was sustained.
        processor_rates: the same in CPU time.
        disturbed: of every trial on the wall clock in search of rates.
        outcomes: of every turn, by rate.
    """

    name: str
    contestant: Contestant
    plan: Plan
    rates: list[float] = field(default_factory=list)
    processor_rates: list[float] = field(default_factory=list)
    disturbed: list[bool] = field(default_factory=list)
    outcomes: dict[float, list[Outcome]] = field(default_factory=dict)

    def trial(self, clock: Clock, rate: float, limit: float, seconds: float, seed: int) -> Outcome:
        """Serve test images that arrive at a rate for so many seconds, at least 300 of them.

        Python's collector of garbage is off meanwhile, as in `timeit`: its pauses are not the network's.
        """
        count = max(FEWEST_REQUESTS, int(rate * seconds))
        images = self.contestant.test
        requests = [images[i % len(images)] for i in range(count)]
        gc.collect()
        gc.disable()
        try:
            return serve(
                self.contestant.server,
                self.plan.policy,
                clock,
                requests,
                poisson(count, seed) / rate,
                limit,
                self.plan.need,
            )
        finally:
            gc.enable()

    def sustains(self, rate: float, limit: float, seconds: float, seed: int) -> bool:
        """Whether one of a few trials at a rate on the wall clock has enough answers in time."""
        for _ in range(TRIES):
            clock = RealClock()
            found = self.trial(clock, rate, limit, seconds, seed).sustained
            self.disturbed.append(clock.stolen > DISTURBED)
            if found or not self.disturbed[-1]:
                return found
        return False


def entries_of(contestant: Contestant, times: StageTimes, limit: float) -> list[Entry]:
    """A network as it is served best; a cascade first with who stays going on at once, then with re-batching."""
    straight = at_once(times, contestant.leaves, limit)
    if times.stages == 1:
        return [Entry(contestant.name, contestant, straight)]
    return [
        Entry(f"{contestant.name}, at once", contestant, straight),
        Entry(f"{contestant.name}, re-batching", contestant, rebatched(times, contestant.leaves, limit)),
    ]


def search_turns(entries: Sequence[Entry], limit: float, seconds: float, trial: float) -> None:
    """Find every entry's highest rates on the wall clock and in CPU time, turn by turn.

    Args:
        entries: that get a rate of both kinds per turn.
        limit: seconds to the deadline.
        seconds: for all turns; there are at least three.
        trial: seconds of arrivals at one rate.
    """
    end, turn = time.perf_counter() + seconds, 0
    while turn < FEWEST_TURNS or time.perf_counter() < end:
        for entry in entries:
            entry.contestant.warm_up(entry.plan.largest)
            _search(entry, limit, trial, seed=turn)
        turn += 1


def _search(entry: Entry, limit: float, trial: float, seed: int) -> None:
    levels = [level * entry.plan.rate for level in LEVELS]
    entry.rates.append(highest_level(lambda rate: entry.sustains(rate, limit, trial, seed), levels))
    entry.processor_rates.append(
        highest_level(lambda rate: entry.trial(ProcessorClock(), rate, limit, trial, seed).sustained, levels)
    )


def load_turns(entries: Sequence[Entry], rates: Sequence[float], limit: float, seconds: float, trial: float) -> None:
    """Serve at the same rates on the wall clock, turn by turn; arguments as of `search_turns`."""
    end, turn = time.perf_counter() + seconds, 0
    while turn < FEWEST_TURNS or time.perf_counter() < end:
        for entry in entries:
            entry.contestant.warm_up(entry.plan.largest)
            for rate in rates:
                entry.outcomes.setdefault(rate, []).append(entry.trial(RealClock(), rate, limit, trial, seed=turn))
        turn += 1
