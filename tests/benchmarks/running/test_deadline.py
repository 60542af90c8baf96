"""Deadlines: raised in the block's own thread, once, and never after the block."""

from __future__ import annotations

import _thread
import math
import pickle
import queue
import random
import threading
import time
from collections.abc import Callable

import psutil
import pytest

from benchmarks.running import deadline as module
from benchmarks.running.deadline import DeadlineExceeded, deadline, format_limit


def spin(seconds: float = 20.0) -> None:
    """Python code that does not wait for anything."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(100))


def took(work: Callable[[], None]) -> float:
    """Seconds until some work raised DeadlineExceeded."""
    begun = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        work()
    return time.monotonic() - begun


def limited(seconds: float, work: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        with deadline(seconds, "work"):
            work()

    return run


def in_a_thread(work: Callable[[], None]) -> BaseException | None:
    """What some work raises in another thread."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    return raised[0] if raised else None


def threads() -> int:
    """How many this process has."""
    count: int = psutil.Process().num_threads()
    return count


def test_a_block_in_time_is_left_alone() -> None:
    with deadline(0.2, "work"):
        spin(0.01)
    spin(0.4)


def test_a_block_that_ends_leaves_no_thread() -> None:
    before = threads()
    with deadline(60, "work"):
        assert threads() == before + 1
    end = time.monotonic() + 5
    while threads() > before and time.monotonic() < end:
        time.sleep(0.01)
    assert threads() == before


def test_no_limit_needs_no_thread() -> None:
    before = threads()
    with deadline(math.inf, "work"):
        assert threads() == before


def test_a_loop_ends_when_the_time_is_over() -> None:
    assert 0.2 <= took(limited(0.2, spin)) < 5


def test_the_message_names_the_work_and_its_limit_in_one_line() -> None:
    with pytest.raises(DeadlineExceeded) as caught, deadline(0.1, "train resnet"):
        spin()
    assert str(caught.value) == "train resnet: not done within 0.1 s; allow more time, or find out what blocks it"
    assert type(caught.value).__name__ == "DeadlineExceeded"


def test_the_error_can_be_sent_to_another_process() -> None:
    with pytest.raises(DeadlineExceeded) as caught, deadline(0.1, "work"):
        spin()
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is DeadlineExceeded
    assert str(copy) == str(caught.value)


@pytest.mark.parametrize("wait", [time.sleep, lambda seconds: blocked(seconds)], ids=["sleep", "queue"])
def test_a_block_stuck_in_native_code_raises_when_that_returns(wait: Callable[[float], object]) -> None:
    reached: list[str] = []

    def work() -> None:
        wait(0.5)
        spin()
        reached.append("end")

    assert 0.5 <= took(limited(0.1, work)) < 5
    assert reached == []


def blocked(seconds: float) -> None:
    with pytest.raises(queue.Empty):
        queue.SimpleQueue[int]().get(timeout=seconds)


def test_another_thread_is_raised_in_and_the_callers_is_not() -> None:
    assert isinstance(in_a_thread(limited(0.1, spin)), DeadlineExceeded)
    spin(0.3)


def test_a_thread_that_entered_no_deadline_is_left_alone() -> None:
    errors: list[BaseException | None] = []
    other = threading.Thread(target=lambda: errors.append(in_a_thread(lambda: spin(0.5))))
    other.start()
    took(limited(0.1, spin))
    other.join(30)
    assert errors == [None]


def test_an_error_of_the_block_is_kept() -> None:
    with pytest.raises(ZeroDivisionError), deadline(60, "work"):
        _ = 1 / 0


def test_cleaning_up_is_not_interrupted_again() -> None:
    cleaned: list[str] = []

    def work() -> None:
        try:
            spin()
        finally:
            spin(0.5)
            cleaned.append("all")

    took(limited(0.1, work))
    assert cleaned == ["all"]


def test_a_block_that_catches_the_error_raises_when_it_ends() -> None:
    reached: list[str] = []

    def work() -> None:
        with pytest.raises(DeadlineExceeded):
            spin()
        reached.append("end")

    took(limited(0.1, work))
    assert reached == ["end"]


def nested(outer: float, inner: float) -> tuple[str, list[str]]:
    """Which deadline's error leaves two nested blocks, and which were seen on the way."""
    seen: list[str] = []

    def work() -> None:
        try:
            with deadline(inner, "inner"):
                spin()
        except DeadlineExceeded as error:
            seen.append(str(error).split(":")[0])
            raise

    with pytest.raises(DeadlineExceeded) as caught, deadline(outer, "outer"):
        work()
    return str(caught.value).split(":")[0], seen


@pytest.mark.parametrize(("outer", "inner", "first"), [(60, 0.1, "inner"), (0.1, 60, "outer")])
def test_the_earlier_of_two_nested_deadlines_is_raised(outer: float, inner: float, first: str) -> None:
    assert nested(outer, inner) == (first, [first])


def test_the_outer_deadline_holds_after_an_inner_one_was_caught() -> None:
    def work() -> None:
        with pytest.raises(DeadlineExceeded, match="inner"), deadline(0.1, "inner"):
            spin()
        spin()

    with pytest.raises(DeadlineExceeded, match="outer"), deadline(0.5, "outer"):
        work()


def test_of_deadlines_that_end_together_the_outer_is_always_raised() -> None:
    def work() -> None:
        try:
            with deadline(0.05, "inner"):
                spin()
        except DeadlineExceeded as error:
            if str(error).startswith("outer"):
                raise
        spin()

    for _ in range(20):
        begun = time.monotonic()
        with pytest.raises(DeadlineExceeded, match="outer"), deadline(0.05, "outer"):
            work()
        assert time.monotonic() - begun < 5


@pytest.mark.parametrize("depth", [1, 3])
def test_nothing_arrives_after_the_block(depth: int) -> None:
    """The block ends at about the time of its deadline, several hundred times, in two threads at once."""
    errors: list[BaseException | None] = []
    threads = [threading.Thread(target=lambda: errors.append(in_a_thread(lambda: hammer(depth)))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == [None, None]


def hammer(depth: int) -> None:
    draw = random.Random(0)
    raised = 0
    for _ in range(300):
        try:
            nest(depth, draw)
        except DeadlineExceeded:
            raised += 1
        spin(0.002)  # whatever arrives here ends the test
    spin(0.3)
    assert raised > 0


def nest(depth: int, draw: random.Random) -> None:
    """Work of 1 to 5 ms in nested deadlines of about 3 ms."""
    if not depth:
        spin(draw.uniform(0.001, 0.005))
        return
    with deadline(draw.uniform(0.0025, 0.0035), f"work {depth}"):
        nest(depth - 1, draw)


def test_nothing_is_sent_while_a_new_thread_may_be_taken_for_the_one_that_starts_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An outer deadline's exception arrives just when the inner one's thread was started, which is slow to run."""
    start, closed = _thread.start_new_thread, []

    def slowly(watch: Callable[[], None], arguments: tuple[()]) -> None:
        def run() -> None:
            time.sleep(0.2)
            closed.append(module._sending.locked())
            watch()

        start(run, arguments)
        raise DeadlineExceeded("outer")

    monkeypatch.setattr(_thread, "start_new_thread", slowly)
    with pytest.raises(DeadlineExceeded, match="outer"), deadline(60, "inner"):
        pass
    assert closed == [True]
    assert not module._sending.locked()


def test_a_thread_that_cannot_be_started_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(watch: Callable[[], None], arguments: tuple[()]) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(module, "_SECONDS_TO_START", 0.01)
    monkeypatch.setattr(_thread, "start_new_thread", refuse)
    with pytest.raises(RuntimeError, match="can't start new thread"), deadline(60, "work"):
        pass
    assert not module._sending.locked()


@pytest.mark.parametrize("seconds", [0, -1, math.nan])
def test_a_limit_must_be_positive(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds must be above 0"):
        deadline(seconds, "work")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.25, "0.25 s"),
        (59, "59 s"),
        (60, "1 min"),
        (90, "1 min 30 s"),
        (7500, "2 h 5 min"),
        (3600, "1 h"),
        (3605, "1 h"),
        (90000, "1 d 1 h"),
    ],
)
def test_limits_are_told_in_plain_words(seconds: float, words: str) -> None:
    assert format_limit(seconds) == words
