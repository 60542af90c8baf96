"""How long a run still takes, with a simulated clock."""

from __future__ import annotations

import random
from typing import Any, Literal

import pytest

from benchmarks.running.events import Progress
from benchmarks.running.scheduling import Event
from benchmarks.running.time_left import TimeLeft, Work, roughly
from tests.benchmarks.running.simulated_run import BETWEEN, START, Network, SimulatedRun


def network(number: int, draw: random.Random) -> Network:
    """Of equal size one network trains up to four times as long as another, as in the committed reference."""
    size = draw.choice([0.25, 0.5, 1.0, 1.0, 1.0])
    tables = {"accuracy": draw.uniform(0.2, 1.5), "robustness": draw.uniform(8, 30), "trust": draw.uniform(4, 14)}
    return Network(
        name=f"net{number}",
        size=size,
        epoch=size * draw.uniform(1.5, 6),
        tables={name: size * seconds for name, seconds in tables.items()},
        timing=draw.uniform(9, 20),
    )


def simulated(seed: int, *, networks: int = 20, side_by_side: int = 2) -> SimulatedRun:
    draw = random.Random(seed)
    drawn = [network(number, draw) for number in range(networks)]
    return SimulatedRun(drawn, epochs=15, side_by_side=side_by_side, thought=12.0)


@pytest.mark.parametrize("side_by_side", [1, 2, 7])
@pytest.mark.parametrize("seed", range(10))
def test_from_the_first_third_on_it_is_within_a_third(seed: int, side_by_side: int) -> None:
    run = simulated(seed, side_by_side=side_by_side)
    for hundredth in range(34, 96):
        found = run.go_on(run.seconds * hundredth / 100)
        assert found is not None
        seconds, known = found
        left = run.seconds - run.now
        assert known
        assert abs(seconds - left) <= max(left / 3, run.seconds / 30)


@pytest.mark.parametrize("seed", range(10))
def test_it_is_never_negative_and_ends_with_nothing(seed: int) -> None:
    run = simulated(seed)
    for thousandth in range(1000):
        found = run.go_on(run.seconds * thousandth / 1000)
        assert found is None or found[0] > 0
    assert run.go_on(run.seconds) is None
    assert run.left.text() == ""


def test_nothing_is_said_before_the_first_epoch_and_at_least_before_the_first_tables() -> None:
    one = Network(name="a", size=1, epoch=10, tables={"accuracy": 5, "robustness": 25}, timing=20)
    run = SimulatedRun([one], epochs=4, side_by_side=1, thought=12)
    assert run.go_on(START + 9.9) is None
    assert run.left.text() == ""
    assert run.go_on(START + 10) == (30 + 12, False)
    assert run.left.text() == "at least 40 s left"
    assert run.go_on(START + 14) == (26 + 12, False)


def test_one_network_says_what_another_takes() -> None:
    """Of the second network, which is twice as large, nothing is known but what the first one took."""
    tables = {"accuracy": 4.0, "robustness": 16.0}
    first = Network(name="a", size=1, epoch=10, tables=tables, timing=20)
    second = Network(name="b", size=2, epoch=99, tables=tables, timing=20)
    run = SimulatedRun([first, second], epochs=3, side_by_side=1, thought=12)
    assert run.go_on(START + 30 + 20 - 1) == ((START + 2 * 3 * 10) + 2 * 4 + 2 * 12, False)
    assert run.go_on(START + 30 + 20) == (2 * 3 * 10 + 2 * 20 + 2 * 12, True)
    assert run.left.text() == "about 2 min left"


def test_timing_corrects_what_was_thought_of_it() -> None:
    """What was thought counts as much as one job that was seen."""
    nets = [Network(name=name, size=1, epoch=1, tables={}, timing=30) for name in "abc"]
    run = SimulatedRun(nets, epochs=1, side_by_side=3, thought=12)
    assert run.go_on(START + 1 + BETWEEN) == (36, True)
    assert run.go_on(START + 1 + BETWEEN + 30) == (2 * (12 + 30) / 2, True)
    assert run.go_on(START + 1 + BETWEEN + 60) == ((12 + 30 + 30) / 3, True)


def test_jobs_side_by_side_take_as_long_as_the_place_that_ends_last() -> None:
    nets = [Network(name=name, size=1, epoch=10, tables={}, timing=0.001) for name in "abcde"]
    run = SimulatedRun(nets, epochs=2, side_by_side=2, thought=0.0)
    assert run.go_on(START + 10) == (10 + 2 * (START + 20), True)  # two are at half, then two more, then one
    assert run.go_on(START + 20 + START + 10) == (10 + START + 20, True)


def test_more_jobs_side_by_side_than_were_thought_are_believed() -> None:
    left, clock = following([training("a"), training("b")])
    for job in "ab":
        left(event(job, "started"))
    clock[0] = 10.0
    for job in "ab":
        left(epoch(job, 1, seconds=10))
    assert left.seconds() == (10 * 9, True)


def training(job: str, epochs: int = 10, **steps: float | None) -> Work:
    return Work(job=job, alone=False, effort=1, epochs=epochs, size=1, steps=steps)


def following(work: list[Work]) -> tuple[TimeLeft, list[float]]:
    """What is left of that work, and its clock."""
    clock = [0.0]
    return TimeLeft(work, clock=lambda: clock[0]), clock


def event(job: str, kind: Literal["started", "retried", "done", "failed"]) -> Event:
    return Event(job=job, kind=kind)


def step(job: str, name: str, **figures: Any) -> Event:
    return Event(job=job, kind="progress", progress=Progress(step=name, epoch=figures))


def epoch(job: str, number: int, seconds: float) -> Event:
    return step(job, "train", epoch=number, seconds=seconds)


def test_a_resumed_training_has_only_its_last_epochs_before_it() -> None:
    left, clock = following([training("a")])
    left(event("a", "started"))
    clock[0] = 20.0
    left(epoch("a", 8, seconds=10))
    assert left.seconds() == (20, True)


def test_what_a_dead_worker_trained_is_kept_and_what_it_measured_comes_again() -> None:
    left, clock = following([training("a", epochs=2, robustness=None)])
    left(event("a", "started"))
    for number in (1, 2):
        clock[0] += 10
        left(epoch("a", number, seconds=10))
    left(step("a", "robustness"))
    clock[0] += 30
    left(event("a", "retried"))
    left(event("a", "started"))
    left(step("a", "robustness"))
    clock[0] += 40
    left(event("a", "done"))
    assert left.seconds() is None


def test_a_network_that_is_trained_waits_for_its_tables_only() -> None:
    left, clock = following([training("a", epochs=0, robustness=None), training("b", epochs=0, robustness=None)])
    left(event("a", "started"))
    assert left.seconds() is None
    clock[0] = 1.0
    left(step("a", "robustness"))
    clock[0] = 31.0
    left(event("a", "done"))
    assert left.seconds() == (1 + 30, True)


def test_what_takes_longer_than_expected_takes_a_tenth_of_that_again() -> None:
    left, clock = following([training("a", epochs=2)])
    left(event("a", "started"))
    clock[0] = 10.0
    left(epoch("a", 1, seconds=10))
    for seconds, rest in ((4, 6), (9, 1), (10, 1), (50, 5)):
        clock[0] = 10.0 + seconds
        found = left.seconds()
        assert found is not None
        assert found[0] == pytest.approx(rest)


def test_waiting_for_another_run_says_nothing_of_the_work() -> None:
    left, clock = following([training("a"), training("b")])
    left(event("a", "started"))
    left(step("a", "waits for the machine"))
    clock[0] = 1000.0
    left(epoch("a", 1, seconds=10))
    assert left.seconds() == (10 * 9 + 10 * 10, True)


def test_a_failed_job_has_nothing_left() -> None:
    left, clock = following([training("a"), training("b")])
    left(event("a", "started"))
    clock[0] = 10.0
    left(epoch("a", 1, seconds=10))
    left(event("a", "failed"))
    assert left.seconds() == (100, True)


def test_jobs_and_steps_that_nobody_announced_are_left_out() -> None:
    left, clock = following([training("a")])
    left(event("a", "started"))
    left(step("b", "train", epoch=1, seconds=99))
    left(step("a", "a damaged file was put aside"))
    clock[0] = 10.0
    left(epoch("a", 1, seconds=10))
    assert left.seconds() == (90, True)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1, "10 s"),
        (44, "40 s"),
        (94, "90 s"),
        (96, "2 min"),
        (7 * 60 + 20, "7 min"),
        (89 * 60, "89 min"),
        (95 * 60, "1 h 40 min"),
        (2 * 3600, "2 h"),
        (35.9 * 3600, "35 h 50 min"),
        (40 * 3600, "2 days"),
    ],
)
def test_a_duration_is_as_exact_as_an_estimate(seconds: float, text: str) -> None:
    assert roughly(seconds) == text


def test_the_last_seconds_are_not_counted() -> None:
    left, clock = following([training("a", epochs=2)])
    left(event("a", "started"))
    clock[0] = 9.0
    left(epoch("a", 1, seconds=9))
    assert left.text() == "less than 10 s left"
