"""A run whose jobs take the seconds that a test gives them: its events, and what is left of it at any second."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.running.events import Progress
from benchmarks.running.scheduling import Event
from benchmarks.running.time_left import TimeLeft, Work

STEPS = ("accuracy", "robustness", "trust")
START = 3.0
"""Seconds until a worker says what it does."""
BETWEEN = 2.0
"""Seconds between the last training and the first timing job."""


@dataclass(frozen=True, kw_only=True)
class Network:
    """What one network really takes.

    Attributes:
        name: of the network.
        size: as it is told before the run.
        epoch: seconds of an epoch.
        tables: seconds of each table that may share the machine, by name.
        timing: seconds that it is timed for.
    """

    name: str
    size: float
    epoch: float
    tables: Mapping[str, float]
    timing: float


class SimulatedRun:
    """Networks that are trained and measured side by side, and then timed one after another.

    Args:
        networks: in order.
        epochs: of each.
        side_by_side: places for trainings.
        thought: seconds that timing is thought to take before any has been seen.
    """

    def __init__(self, networks: Sequence[Network], *, epochs: int, side_by_side: int, thought: float) -> None:
        self.now = 0.0
        self._epochs = epochs
        events: list[tuple[float, Event]] = []
        free = [0.0] * side_by_side
        for network in networks:
            begin = heapq.heappop(free)
            own = list(self._training(network, begin))
            heapq.heappush(free, own[-1][0])
            events += own
        end = max(free) + BETWEEN
        for network in networks:
            events += self._timing(network, end)
            end += network.timing
        self.seconds = end
        self._to_come = sorted(events, key=lambda pair: pair[0])
        work = [
            Work(
                job=f"train {n.name}",
                alone=False,
                effort=n.size,
                epochs=epochs,
                size=n.size,
                steps={"settings": 0.0, **dict.fromkeys(n.tables)},
            )
            for n in networks
        ]
        timing = [
            Work(job=f"time {n.name}", alone=True, effort=1, epochs=0, size=1, steps={"latency": thought})
            for n in networks
        ]
        self.left = TimeLeft(work + timing, side_by_side, lambda: self.now)

    def _training(self, network: Network, begin: float) -> Iterator[tuple[float, Event]]:
        job, now = f"train {network.name}", begin + START
        yield begin, Event(job=job, kind="started")
        for epoch in range(1, self._epochs + 1):
            now += network.epoch
            figures = {"epoch": epoch, "epochs": self._epochs, "seconds": network.epoch}
            yield now, Event(job=job, kind="progress", progress=Progress(step="train", epoch=figures))
        yield now, Event(job=job, kind="progress", progress=Progress(step="settings"))
        for step, seconds in network.tables.items():
            yield now, Event(job=job, kind="progress", progress=Progress(step=step))
            now += seconds
        yield now, Event(job=job, kind="done")

    def _timing(self, network: Network, begin: float) -> list[tuple[float, Event]]:
        job = f"time {network.name}"
        return [
            (begin, Event(job=job, kind="started")),
            (begin, Event(job=job, kind="progress", progress=Progress(step="latency"))),
            (begin + network.timing, Event(job=job, kind="done")),
        ]

    def go_on(self, until: float) -> tuple[float, bool] | None:
        """Let the run go on until that second; what is estimated then."""
        while self._to_come and self._to_come[0][0] <= until:
            self.now, event = self._to_come.pop(0)
            self.left(event)
        self.now = until
        return self.left.seconds()
