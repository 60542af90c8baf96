"""What a free server does next: batches as inference servers form them, and batches formed anew at the exits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.speed.arrivals.queueing import Batch, Queues
from benchmarks.speed.arrivals.stage_times import StageTimes


@dataclass(frozen=True)
class AtOnce:
    """Dynamic batching: take those who wait; who stays after an exit goes on at once.

    Attributes:
        largest: most requests in a batch.
        patience: seconds that the first of an incomplete batch waits for others, at most; 0 never keeps the server
            idle while somebody waits.
    """

    largest: int
    patience: float = 0.0

    def choose(self, queues: Queues, now: float) -> Batch | float:
        """The deepest stage in front of which somebody waits."""
        stage = max(stage for stage, queue in enumerate(queues) if queue)
        size = min(len(queues[stage]), self.largest)
        ready = queues[stage][0].arrival + self.patience
        if stage == 0 and size < self.largest and now < ready:
            return ready
        return Batch(stage, size)


@dataclass(frozen=True)
class Rebatching:
    """Dynamic batching, anew at every exit where that is predicted to pay.

    A stage takes nearly as long for one request as for several, so a few that stay after an exit cost more per request
    than many. They may be parked until the next batch from the front sends others after them. That pays where

    - others wait at the front: with nobody there the server would be idle;
    - the sum of all latencies falls. Of w who wait at the front, the k of the next batch start sooner by the time of
      the parked run, t(n), and the rest by what one run saves over two, t(n) + t(m) - t(n + m), with m the mean number
      that will come after the n parked ones. Each of the n waits for the batch from the front, and t(n + m) - t(n);
    - the first of the parked ones will still be in time, with a margin: the batch from the front, and the stages that
      are left to it.

    Attributes:
        largest: most requests in a batch.
        times: of the stages.
        reach: share of all requests that reach each stage; 1 at the first.
        margin: how much longer than predicted things may take.
    """

    largest: int
    times: StageTimes
    reach: Sequence[float]
    margin: float = 1.25

    def choose(self, queues: Queues, now: float) -> Batch:
        """The deepest stage that is not worth parking in front of, and if there is none the first."""
        for stage in range(len(queues) - 1, 0, -1):
            if queues[stage] and not self.parks(stage, queues, now):
                return Batch(stage, min(len(queues[stage]), self.largest))
        return Batch(0, min(len(queues[0]), self.largest))

    def parks(self, stage: int, queues: Queues, now: float) -> bool:
        """Whether those who wait in front of a stage, at least one, should wait for others."""
        parked, front = len(queues[stage]), len(queues[0])
        if parked >= self.largest or not front:
            return False
        batch = min(front, self.largest)
        following = batch * self.reach[stage]
        wait = self.times(0, batch)
        apart, together = self.times(stage, parked), self.times(stage, parked + following)
        slack = queues[stage][0].deadline - now
        if slack < self.margin * (wait + self._rest(stage, parked + following)):
            return False
        saved = apart + self.times(stage, following) - together
        return batch * apart + (front - batch) * saved > parked * (wait + together - apart)

    def _rest(self, stage: int, requests: float) -> float:
        """Seconds from a stage to the last for one of so many requests, most of which leave on the way."""
        shares = [reach / self.reach[stage] if self.reach[stage] else 0.0 for reach in self.reach[stage:]]
        return sum(self.times(stage + e, max(1.0, share * requests)) for e, share in enumerate(shares))
