"""Networks that serve the same arrivals in turns: in CPU time to find their highest rates, and on the wall clock."""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.speed.arrivals.clock import Clock, ProcessorClock, RealClock
from benchmarks.speed.arrivals.contestants import Contestant
from benchmarks.speed.arrivals.highest_rate import highest_rate
from benchmarks.speed.arrivals.outcome import Outcome
from benchmarks.speed.arrivals.plans import Plan, at_once, rebatched
from benchmarks.speed.arrivals.queueing import poisson, serve
from benchmarks.speed.arrivals.stage_times import StageTimes
from benchmarks.speed.table import NotMeasured

FEWEST_REQUESTS, FEWEST_TURNS = 1000, 3


@dataclass(frozen=True)
class Entry:
    """A network and a way to serve it, with what is found of them.

    Attributes:
        name: of both.
        contestant: the network.
        plan: the way.
        rates: highest rate of every turn, requests per second.
        outcomes: of every turn, by rate.
    """

    name: str
    contestant: Contestant
    plan: Plan
    rates: list[float] = field(default_factory=list)
    outcomes: dict[float, list[Outcome]] = field(default_factory=dict)

    def trial(self, clock: Clock, rate: float, limit: float, seconds: float, seed: int) -> Outcome:
        """Serve test images that arrive at a rate for so many seconds, at least 1000 of them.

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
    """Find every entry's highest rate in CPU time, turn by turn; the search begins where the last one ended.

    Args:
        entries: that get a rate per turn.
        limit: seconds to the deadline.
        seconds: for all turns; there are at least three.
        trial: seconds of arrivals at one rate.

    Raises:
        NotMeasured: the search finds no end, which only happens where times vary by a multiple.
    """
    end, turn = time.perf_counter() + seconds, 0
    while turn < FEWEST_TURNS or time.perf_counter() < end:
        for entry in entries:
            entry.contestant.warm_up(entry.plan.largest)

            def sustains(rate: float, entry: Entry = entry, turn: int = turn) -> bool:
                return entry.trial(ProcessorClock(), rate, limit, trial, seed=turn).sustained

            try:
                entry.rates.append(highest_rate(sustains, guess=entry.rates[-1] if turn else 0.8 * entry.plan.rate))
            except ArithmeticError as error:
                raise NotMeasured(f"{entry.name}: {error}; stop other work on the machine") from error
        turn += 1


def load_turns(entries: Sequence[Entry], rates: Sequence[float], limit: float, seconds: float, trial: float) -> None:
    """Serve at the same rates on the wall clock, turn by turn; arguments as of `search_turns`."""
    end, turn = time.perf_counter() + seconds, 0
    while turn < FEWEST_TURNS or time.perf_counter() < end:
        for entry in entries:
            entry.contestant.warm_up(entry.plan.largest)
            for rate in rates:
                entry.outcomes.setdefault(rate, []).append(entry.trial(RealClock(), rate, limit, trial, seed=turn))
        turn += 1
