"""Run work in a thread, and abandon it when the cluster that it depends on no longer responds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from benchmarks.running.scheduling.base import SchedulerError

TICK = 0.5
"""Seconds between two checks."""
MAX_STEP = 4 * TICK
"""Largest number of seconds without a response that is counted between two checks. On a busy machine checks come late;
but a process that was itself stopped could not check, and must not conclude that the cluster is lost."""
SILENCE = 25.0
"""Seconds without a response after which a cluster counts as lost; its head may need that long to restart."""
GRACE = 5.0
"""Seconds that the work may take to stop."""
LOST = "the Ray cluster was lost; finished work and checkpoints are kept, and the same command continues"


def run_watched(
    work: Callable[[], object], alive: Callable[[], bool], stop: Callable[[], None], *, silence: float = SILENCE
) -> None:
    """Run work in its own thread, so that the caller is not blocked if the work hangs.

    Args:
        work: function to run.
        alive: whether the cluster is alive: True, or False if it is known to be dead. It may hang or raise if the
            cluster does not respond.
        stop: asks the work to end soon.
        silence: seconds without a response after which the work is abandoned. Seconds in which this process was itself
            stopped do not count.

    Raises:
        SchedulerError: the cluster does not respond, or is dead.
        BaseException: the error of the work, or an interruption of the caller such as Ctrl-C.
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
    """Check whether the error of the work is the loss of the cluster, which the work may notice first."""
    pulse.heard()
    if not pulse.wait(silence):
        raise SchedulerError(LOST) from error


class _Task(threading.Thread):
    """A thread that stores the error that ended it.

    Attributes:
        error: None while it runs, and after success.
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
    """Checks repeatedly whether the cluster responds; may hang while it does not."""

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
                continue  # no response; `_wait` counts the seconds
            self.dead = self.dead or not alive
            self._heard.set()

    def heard(self) -> bool:
        """Whether there was a response since the last call."""
        heard = self._heard.is_set()
        self._heard.clear()
        return heard

    def wait(self, seconds: float) -> bool:
        """Whether there is a response within that time."""
        return self._heard.wait(seconds) and not self.dead

    def stop(self) -> None:
        """Stop checking; wait a moment for a check in progress, then abandon it."""
        self._stopped.set()
        self.join(4 * TICK)
