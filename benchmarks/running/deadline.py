"""An end to work that takes too long, in whichever thread it runs."""

from __future__ import annotations

import _thread
import ctypes
import math
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self


class DeadlineExceeded(RuntimeError):
    """Something took longer than it may; one line that says what, how long it had, and what to do."""


class deadline:  # noqa: N801 - used as a context manager, like those of contextlib
    """A context that raises in the thread that entered it once its block has taken too long.

    The exception arrives between two steps of Python code. A block that is stuck in native code, such as a long
    `time.sleep`, a blocked `queue.get` or one operator of PyTorch, raises when that returns, and not before. Nothing
    arrives after the block has ended. A block that catches the exception and goes on raises it when it ends. Deadlines
    may be nested: an outer one ends the inner block too, with its own message.

    Whatever the block was changing may be half changed: throw it away.

    Args:
        seconds: how long the block may take; infinity for no limit.
        what: names the block in the message, as in `train resnet`.

    Raises:
        DeadlineExceeded: the time was over before the block had ended.
        ValueError: the number of seconds is not positive.
    """

    def __init__(self, seconds: float, what: str) -> None:
        if not seconds > 0:
            raise ValueError(f"seconds must be above 0, not {seconds}")
        self._seconds = seconds
        self._message = f"{what}: not done within {format_limit(seconds)}; allow more time, or see what holds it up"
        # Locks, since to release one is a single step that an exception cannot cut in half
        self._running, self._ended = threading.Lock(), threading.Lock()
        self._over = self._sent = False
        self._to_come = [True]
        self._outer: deadline | None = None

    def __enter__(self) -> Self:
        self._thread = threading.get_ident()
        self._outer = getattr(_current, "deadline", None)
        while self._outer is not None and self._outer._done:
            self._outer = self._outer._outer
        _current.deadline = self
        self._running.acquire()
        self._ended.acquire()
        if math.isinf(self._seconds):
            return self
        try:
            with (
                _sending
            ):  # nothing is sent until the new thread runs: Python first takes it for the one that starts it
                _thread.start_new_thread(self._watch, ())  # one step, which `Thread.start` is not
                self._running.acquire()
        except BaseException:  # an outer deadline's
            self._over = True
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The exception may still arrive anywhere here, up to the call that takes it back: then `with` raises it.
        with _sending:
            self._over = True
            if self._on_its_way and not any(outer._on_its_way for outer in self._enclosing()):
                _send(self._thread, None)
        _current.deadline = self._outer
        self._ended.release()
        if self._sent and kind is None:
            raise DeadlineExceeded(self._message)

    @property
    def _done(self) -> bool:
        """The block has ended, or is being ended by the exception, which may be so early that `__exit__` never ran."""
        return self._over or not self._to_come

    @property
    def _on_its_way(self) -> bool:
        """A thread has room for one exception; where an outer deadline sends one, it takes the place of this one's."""
        return self._sent and bool(self._to_come)

    def _enclosing(self) -> Iterator[deadline]:
        outer = self._outer
        while outer is not None:
            yield outer
            outer = outer._outer

    def _watch(self) -> None:
        """Wait, then send the exception, unless an outer one ends this block anyway; runs in a thread of its own."""
        self._running.release()
        if self._ended.acquire(timeout=min(self._seconds, threading.TIMEOUT_MAX)):
            return
        with _sending:
            if not self._over and not any(outer._sent or outer._over for outer in self._enclosing()):
                self._sent = True
                _send(self._thread, _error_class(self._message, self._to_come))


_sending = threading.Lock()
_current = threading.local()


def format_limit(seconds: float) -> str:
    """A time in its two largest units, as in `2 h 5 min`."""
    if seconds < 60 or math.isinf(seconds):
        return f"{seconds:.3g} s"
    total = round(seconds)
    units = (("d", total // 86400), ("h", total // 3600 % 24), ("min", total // 60 % 60), ("s", total % 60))
    first = next(index for index, (_, count) in enumerate(units) if count)
    return " ".join(f"{count} {unit}" for unit, count in units[first : first + 2] if count)


def _error_class(message: str, to_come: list[bool]) -> type[DeadlineExceeded]:
    """A class for one deadline. Python makes an exception of it where it arrives, which empties the list.

    The list's own method does that, not a function in Python, within which threads could switch.
    """
    members = {
        "__init__": to_come.clear,
        "__str__": lambda error: message,
        "__reduce__": lambda error: (DeadlineExceeded, (message,)),
        "__module__": __name__,
    }
    return type(DeadlineExceeded.__name__, (DeadlineExceeded,), members)


def _send(thread: int, error: type[BaseException] | None) -> None:
    """Have an exception raised in a thread as soon as it runs Python code, or take back the one on its way."""
    pending = None if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), pending)
