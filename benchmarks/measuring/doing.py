"""What an evaluator is doing, told while it measures. No number depends on this, so that tables do not become stale."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Doing:
    """A part of a measurement that begins.

    Attributes:
        what: in a few words, such as `batch 32, ONNX Runtime`.
        share: of the time of all parts, spent when this one begins.
        until: the same when it ends.
        seconds: that it may take; 0 if nobody knows.
    """

    what: str
    share: float = 0.0
    until: float = 0.0
    seconds: float = 0.0

    def spent(self, elapsed: float) -> float:
        """The share of the whole time that is spent so many seconds after this part began."""
        return self.share + (self.until - self.share) * (min(1.0, elapsed / self.seconds) if self.seconds else 0.0)


Listener = Callable[[Doing], None]
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)
_part: ContextVar[tuple[float, float]] = ContextVar("part", default=(0.0, 1.0))


@contextmanager
def told_to(listener: Listener) -> Iterator[None]:
    """Tell a function what is being done in the block; it is called before something is timed, never meanwhile."""
    before = _listener.set(listener), _part.set((0.0, 1.0))
    try:
        yield
    finally:
        _listener.reset(before[0])
        _part.reset(before[1])


@contextmanager
def part(begin: float, end: float) -> Iterator[None]:
    """The block takes this part of the time of the block around it, in shares from 0 to 1."""
    low, high = _part.get()
    before = _part.set((low + begin * (high - low), low + end * (high - low)))
    try:
        yield
    finally:
        _part.reset(before)


def doing(what: str, seconds: float = 0.0) -> None:
    """Say that something begins that takes the whole part of the block around it, and about so many seconds."""
    listener = _listener.get()
    if listener is not None:
        share, until = _part.get()
        listener(Doing(what=what, share=share, until=until, seconds=seconds))
