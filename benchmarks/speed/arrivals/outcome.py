"""What came of serving: who was answered in time, and how long it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

IN_TIME = 0.99
"""Share of the requests that has to be answered in time; then the 99th percentile of latency is within the deadline."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """N requests after they were served.

    Attributes:
        arrivals: (N,) seconds since the start, ascending.
        finished: (N,) when each was answered, likewise; infinite where it was dropped.
        answers: N; None where dropped.
        limit: seconds from arrival to deadline.
    """

    arrivals: NDArray[np.float64]
    finished: NDArray[np.float64]
    answers: Sequence[Any]
    limit: float

    @property
    def latencies(self) -> NDArray[np.float64]:
        """(N,) seconds from arrival to answer, infinite where dropped."""
        return self.finished - self.arrivals

    @property
    def in_time(self) -> NDArray[np.bool_]:
        """(N,), who was answered by the deadline."""
        return self.latencies <= self.limit

    @property
    def offered(self) -> float:
        """Requests per second that arrived."""
        return len(self.arrivals) / float(self.arrivals[-1])

    @property
    def goodput(self) -> float:
        """Requests per second that were answered by their deadline, over the time in which requests arrived."""
        return float(self.in_time.mean()) * self.offered

    @property
    def sustained(self) -> bool:
        """Whether enough requests were answered in time."""
        return bool(self.in_time.mean() >= IN_TIME)

    def percentile(self, percent: float) -> float:
        """The latency in seconds that so many percent of all requests did not exceed; infinite if they were dropped."""
        return float(np.percentile(self.latencies, percent, method="inverted_cdf"))
