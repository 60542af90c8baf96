"""One server, requests that arrive whether or not it is ready, and a deadline for each of them.

A request goes through the stages of the server in order and is answered at one of them: a static or gated network has
one stage, a cascade one per exit. Requests wait in front of a stage in order of arrival. Whenever the server is free,
a policy says which stage it runs on how many of those who wait there. A request whose deadline has passed is dropped,
and so is one to which less time is left than it needs: on an overloaded server, first in, first out without this means
that everybody waits until it is too late.

Arrivals do not depend on answers (an open loop), and a latency counts from the arrival, whenever the server sees it:
a server that stalls is charged for everybody who came meanwhile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed.arrivals.clock import Clock
from benchmarks.speed.arrivals.outcome import Outcome


class Step(NamedTuple):
    """What a stage made of a request: its answer, or what the next stage takes."""

    answered: bool
    value: Any


class Server(Protocol):
    """Runs stages on batches of requests, one after another."""

    @property
    def stages(self) -> int:
        """How many there are; all requests that get so far are answered at the last."""

    def run(self, stage: int, batch: Sequence[Any]) -> Sequence[Step]:
        """Run a stage, from 0, on what the stage before, or the client, has handed over: a step per request."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request in front of a stage.

    Attributes:
        index: position among all requests, by arrival.
        arrival: seconds since the start.
        deadline: likewise.
        value: what the stage takes.
    """

    index: int
    arrival: float
    deadline: float
    value: Any


Queues = Sequence[deque[Waiting]]
"""Who waits in front of each stage, in order of arrival."""


class Batch(NamedTuple):
    """The first `size` requests in front of a stage, to be run together."""

    stage: int
    size: int


class Policy(Protocol):
    """Decides what a free server does."""

    def choose(self, queues: Queues, now: float) -> Batch | float:
        """The batch to run now, or until when to wait for more arrivals.

        Args:
            queues: at least one is not empty.
            now: seconds since the start.
        """


def poisson(count: int, seed: int) -> NDArray[np.float64]:
    """Arrivals of a Poisson process of one request per second, (count,), ascending; divide by the rate for another."""
    return np.random.default_rng(seed).exponential(size=count).cumsum()


def serve(
    server: Server,
    policy: Policy,
    clock: Clock,
    requests: Sequence[Any],
    arrivals: NDArray[np.float64],
    limit: float,
    need: float = 0.0,
) -> Outcome:
    """Serve requests until each is answered or dropped.

    Args:
        server: runs the stages; on a simulated clock it moves the clock.
        policy: forms the batches.
        clock: tells the time from now on.
        requests: N, what the first stage takes of each.
        arrivals: (N,) seconds from now, ascending.
        limit: seconds from its arrival to a request's deadline.
        need: seconds before its deadline at which a request is given up that no stage has seen yet.
    """
    queues: Queues = [deque() for _ in range(server.stages)]
    finished = np.full(len(arrivals), np.inf)
    answers: list[Any] = [None] * len(arrivals)
    coming, start = 0, clock.now()
    while True:
        now = clock.now() - start
        while coming < len(arrivals) and arrivals[coming] <= now:
            arrival = float(arrivals[coming])
            queues[0].append(Waiting(coming, arrival, arrival + limit, requests[coming]))
            coming += 1
        _drop_late(queues, now, need)
        next_arrival = float(arrivals[coming]) if coming < len(arrivals) else np.inf
        if not any(queues):
            if coming == len(arrivals):
                return Outcome(arrivals=arrivals, finished=finished, answers=answers, limit=limit)
            clock.wait_until(start + next_arrival)
            continue
        choice = policy.choose(queues, now)
        if not isinstance(choice, Batch):
            clock.wait_until(start + min(choice, next_arrival))
            continue
        batch = [queues[choice.stage].popleft() for _ in range(choice.size)]
        steps = server.run(choice.stage, [request.value for request in batch])
        now = clock.now() - start
        for request, step in zip(batch, steps, strict=True):
            if step.answered:
                finished[request.index], answers[request.index] = now, step.value
            else:
                moved = Waiting(request.index, request.arrival, request.deadline, step.value)
                queues[choice.stage + 1].append(moved)


def _drop_late(queues: Queues, now: float, need: float) -> None:
    """Forget those who cannot be in time any more; they stand in front, since all have the same limit."""
    for stage, queue in enumerate(queues):
        while queue and queue[0].deadline < (now + need if stage == 0 else now):
            queue.popleft()
