"""A time limit for work in any thread."""

from __future__ import annotations

import _thread
import ctypes
import math
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self


class DeadlineExceeded(RuntimeError):
    """Work took longer than its limit; one line names the work and the limit, and says what to do."""


class deadline:  # noqa: N801 - used as a context manager, like those of contextlib
    """A context manager that raises an exception in the thread that entered it when its block takes too long.

    The exception is raised between two steps of Python code. A block in native code, such as a long `time.sleep`, a
    blocked `queue.get` or one PyTorch operator, raises only when that call returns. Nothing is raised after the block
    has ended. If the block catches the exception and continues, it is raised again at the end. Deadlines can be nested:
    an outer one ends the inner block too, with its own message.

    Data that the block was changing may be inconsistent: discard it.

    Args:
        seconds: limit for the block; infinity for no limit.
        what: name of the block in the message, for example `train resnet`.

    Raises:
        DeadlineExceeded: the block did not end in time.
        ValueError: the number of seconds is not positive.
    """

    def __init__(self, seconds: float, what: str) -> None:
        if not seconds > 0:
            raise ValueError(f"seconds must be above 0, not {seconds}")
        self._seconds = seconds
        self._message = f"{what}: not done within {format_limit(seconds)}; allow more time, or find out what blocks it"
        # Locks, because releasing one is a single step that an exception cannot interrupt
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
                self._start_watching()
        except BaseException:  # an outer deadline's
            self._over = True
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Until `_send` withdraws it, the exception may still be raised anywhere here; then `with` raises it.
        with _sending:
            self._over = True
            if self._on_its_way and not any(outer._on_its_way for outer in self._enclosing()):
                _send(self._thread, None)
        _current.deadline = self._outer
        self._ended.release()
        if self._sent and kind is None:
            raise DeadlineExceeded(self._message)

    def _start_watching(self) -> None:
        """Start the thread of `_watch`; return, or raise what an outer deadline sent before, when it runs."""
        try:
            _thread.start_new_thread(self._watch, ())  # a single step, unlike `Thread.start`
        except BaseException:  # raised after that step, by an outer deadline; or else no thread can be started
            self._running.acquire(timeout=_SECONDS_TO_START)
            raise
        self._running.acquire()

    @property
    def _done(self) -> bool:
        """Whether the block has ended or the exception is ending it, possibly so early that `__exit__` never ran."""
        return self._over or not self._to_come

    @property
    def _on_its_way(self) -> bool:
        """Whether the exception was sent but not raised yet; one sent by an outer deadline replaces it."""
        return self._sent and bool(self._to_come)

    def _enclosing(self) -> Iterator[deadline]:
        outer = self._outer
        while outer is not None:
            yield outer
            outer = outer._outer

    def _watch(self) -> None:
        """Wait, then send the exception, unless an outer deadline ends this block; runs in its own thread."""
        self._running.release()
        if self._ended.acquire(timeout=min(self._seconds, threading.TIMEOUT_MAX)):
            return
        with _sending:
            if not self._over and not any(outer._sent or outer._over for outer in self._enclosing()):
                self._sent = True
                _send(self._thread, _error_class(self._message, self._to_come))


_SECONDS_TO_START = 5.0
_sending = threading.Lock()
_current = threading.local()


def format_limit(seconds: float) -> str:
    """A duration in its two largest units, for example `2 h 5 min`."""
    if seconds < 60 or math.isinf(seconds):
        return f"{seconds:.3g} s"
    total = round(seconds)
    units = (("d", total // 86400), ("h", total // 3600 % 24), ("min", total // 60 % 60), ("s", total % 60))
    first = next(index for index, (_, count) in enumerate(units) if count)
    return " ".join(f"{count} {unit}" for unit, count in units[first : first + 2] if count)


def _error_class(message: str, to_come: list[bool]) -> type[DeadlineExceeded]:
    """An exception class for one deadline. Python creates the exception when it is raised, which empties the list.

    The list's own method does that. In a Python function, threads could switch.
    """
    members = {
        "__init__": to_come.clear,
        "__str__": lambda error: message,
        "__reduce__": lambda error: (DeadlineExceeded, (message,)),
        "__module__": __name__,
    }
    return type(DeadlineExceeded.__name__, (DeadlineExceeded,), members)


def _send(thread: int, error: type[BaseException] | None) -> None:
    """Raise an exception in a thread as soon as it runs Python code; None withdraws the pending one."""
    pending = None if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), pending)
