"""Work in a thread that is given up when what it depends on shows no sign of life."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from benchmarks.running.scheduling.base import SchedulerError

TICK = 0.5
"""Seconds between two questions for a sign of life."""
MAX_STEP = 4 * TICK
"""Seconds of silence that count at most between two questions: on a busy machine they come late, but a process that was
stopped has heard nothing and must not take that for a sign of death."""
SILENCE = 25.0
"""Seconds without a sign of life after which a cluster is lost; its head may take that long to start again."""
GRACE = 5.0
"""Seconds that work has to notice that it is to stop."""
LOST = "the Ray cluster was lost; finished work and checkpoints are kept, and the same command goes on"


def run_watched(
    work: Callable[[], object], alive: Callable[[], bool], stop: Callable[[], None], *, silence: float = SILENCE
) -> None:
    """Do some work in a thread of its own, so that the caller stays free whatever the work is stuck in.

    Args:
        work: what to do.
        alive: a sign of life: True, or False where what the work depends on is known to be dead. It may hang or raise
            where there is none.
        stop: asks the work to end soon.
        silence: seconds without a sign of life after which the work is given up. Seconds in which this process was
            itself stopped do not count.

    Raises:
        SchedulerError: no sign of life, or a sign of death.
        BaseException: what the work raised, or what interrupted the caller, such as Ctrl-C.
    """
    task, pulse = _Task(work), _Pulse(alive)
    task.start()
    pulse.start()
    try:
        _wait(task, pulse, silence)
        if task.error is not None:
            _confirm(pulse, silence, task.error)
            raise task.error
    except BaseException:
        stop()
        task.join(GRACE)
        raise
    finally:
        pulse.stop()


def _wait(task: _Task, pulse: _Pulse, silence: float) -> None:
    silent, before = 0.0, time.monotonic()
    while task.is_alive():
        task.join(TICK)
        now = time.monotonic()
        silent = 0.0 if pulse.heard() else silent + min(now - before, MAX_STEP)
        before = now
        if pulse.dead or silent > silence:
            raise SchedulerError(LOST)


def _confirm(pulse: _Pulse, silence: float, error: BaseException) -> None:
    """Work on a cluster that is lost may notice first, with whatever error."""
    pulse.heard()
    if not pulse.wait(silence):
        raise SchedulerError(LOST) from error


class _Task(threading.Thread):
    """A thread that keeps the error that ended it.

    Attributes:
        error: None while it runs, and where it ended well.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__(name="work", daemon=True)
        self._work = work
        self.error: BaseException | None = None

    def run(self) -> None:
        """Do the work; `start` calls this."""
        try:
            self._work()
        except BaseException as error:
            self.error = error


class _Pulse(threading.Thread):
    """Asks for signs of life again and again, and may hang while there are none."""

    def __init__(self, alive: Callable[[], bool]) -> None:
        super().__init__(name="pulse", daemon=True)
        self._alive = alive
        self._heard = threading.Event()
        self._stopped = threading.Event()
        self.dead = False

    def run(self) -> None:
        while not self._stopped.wait(TICK):
            try:
                alive = self._alive()
            except Exception:
                continue  # no sign of life: whoever waits for one counts the seconds
            self.dead = self.dead or not alive
            self._heard.set()

    def heard(self) -> bool:
        """Whether there was a sign since the last question."""
        heard = self._heard.is_set()
        self._heard.clear()
        return heard

    def wait(self, seconds: float) -> bool:
        """Whether there is a sign of life within that time."""
        return self._heard.wait(seconds) and not self.dead

    def stop(self) -> None:
        """Ask no more; a question under way is waited for a moment, and else left behind."""
        self._stopped.set()
        self.join(4 * TICK)
