"""Open arrivals: requests that come whether or not the server is ready; see `benchmarks.speed.arrivals.queueing`."""

from benchmarks.speed.arrivals.comparison import measure

__all__ = ["measure"]
