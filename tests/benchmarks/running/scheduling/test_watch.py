"""Work is given up when what it depends on falls silent, and not before."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from benchmarks.running.scheduling.base import SchedulerError
from benchmarks.running.scheduling.watch import TICK, _Pulse, _Task, _wait, run_watched

LOST = "the Ray cluster was lost; finished work and checkpoints are kept, and the same command continues"


class Work:
    """Work that goes on until it is told to stop, or for ever."""

    def __init__(self, *, heeds: bool = True) -> None:
        self.stopped = threading.Event()
        self._end = self.stopped if heeds else threading.Event()

    def __call__(self) -> None:
        self._end.wait(60)


def test_work_is_done_in_another_thread() -> None:
    threads: list[threading.Thread] = []
    run_watched(lambda: threads.append(threading.current_thread()), lambda: True, lambda: None)
    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()


def test_an_error_of_the_work_is_the_callers() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_watched(fail, lambda: True, lambda: None)


def test_work_goes_on_for_as_long_as_there_are_signs_of_life() -> None:
    started = time.monotonic()
    run_watched(lambda: time.sleep(6 * TICK), lambda: True, lambda: None, silence=2 * TICK)
    assert time.monotonic() - started >= 6 * TICK


@pytest.mark.parametrize("kind", ["dead", "raises", "hangs"])
def test_work_is_stopped_when_life_ends(kind: str) -> None:
    def alive() -> bool:
        if kind == "raises":
            raise ConnectionError
        if kind == "hangs":
            threading.Event().wait(60)
        return False

    work = Work()
    started = time.monotonic()
    with pytest.raises(SchedulerError, match=f"^{LOST}$"):
        run_watched(work, alive, work.stopped.set, silence=2 * TICK)
    assert work.stopped.is_set()
    assert time.monotonic() - started < 20 * TICK


def test_silence_is_counted_again_after_every_sign() -> None:
    turns = iter([False, True] * 6 + [True] * 100)  # every other question fails

    def alive() -> bool:
        if not next(turns):
            raise ConnectionError
        return True

    run_watched(lambda: time.sleep(10 * TICK), alive, lambda: None, silence=3 * TICK)


def silent_turns(seconds: float, monkeypatch: pytest.MonkeyPatch) -> int:
    """Questions until work is given up after 8 s of silence, where each comes that many seconds after the last."""
    turns: list[None] = []
    work = Work()

    def clock() -> float:
        turns.append(None)
        return len(turns) * seconds

    def dead() -> bool:
        raise ConnectionError

    monkeypatch.setattr("benchmarks.running.scheduling.watch.time", SimpleNamespace(monotonic=clock))
    monkeypatch.setattr("benchmarks.running.scheduling.watch.TICK", 0.01)
    with pytest.raises(SchedulerError, match=LOST):
        _wait(_started(work), _Pulse(dead), 8.0)
    work.stopped.set()
    return len(turns) - 1


def _started(work: Work) -> _Task:
    task = _Task(work)
    task.start()
    return task


@pytest.mark.parametrize(("seconds", "turns"), [(0.5, 17), (1.0, 9), (2.0, 5)])
def test_questions_that_come_late_are_counted_by_the_clock(
    seconds: float, turns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert silent_turns(seconds, monkeypatch) == turns


def test_hours_in_which_the_process_was_stopped_are_no_sign_of_death(monkeypatch: pytest.MonkeyPatch) -> None:
    assert silent_turns(3600.0, monkeypatch) == 5


def test_work_that_does_not_stop_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.running.scheduling.watch.GRACE", TICK)
    work = Work(heeds=False)
    with pytest.raises(SchedulerError):
        run_watched(work, lambda: False, work.stopped.set)


def test_an_error_on_a_lost_cluster_is_its_loss() -> None:
    def fail() -> None:
        raise OSError("no socket")

    with pytest.raises(SchedulerError, match=LOST) as caught:
        run_watched(fail, lambda: False, lambda: None)
    assert isinstance(caught.value.__cause__, OSError)


def test_work_is_stopped_when_the_caller_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("benchmarks.running.scheduling.watch._wait", interrupt)
    work = Work()
    with pytest.raises(KeyboardInterrupt):
        run_watched(work, lambda: True, work.stopped.set)
    assert work.stopped.is_set()
