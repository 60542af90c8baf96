"""What people see while jobs run."""

from __future__ import annotations

from dataclasses import asdict
from io import StringIO
from typing import Any, Literal

import pytest
from rich.console import Console

from benchmarks.measuring.doing import Doing
from benchmarks.running.events import Progress
from benchmarks.running.progress import JobState, LiveView, PlainView, format_duration, make_view, training_figures
from benchmarks.running.scheduling import Event
from benchmarks.training.loop import Epoch

EPOCH = Epoch(
    epoch=2,
    epochs=10,
    phase="train",
    lr=0.1,
    loss=1.23456,
    train_accuracy=0.5,
    validation_accuracy=0.875,
    seconds=30.0,
)


def event(kind: Literal["started", "retried", "done", "failed"], error: str = "") -> Event:
    return Event(job="train resnet", kind=kind, error=error)


def progress(step: str, **changes: Any) -> Event:
    epoch = asdict(EPOCH) | changes if step == "train" else {}
    return Event(job="train resnet", kind="progress", progress=Progress(step=step, epoch=epoch))


def console(terminal: bool = False) -> Console:
    return Console(file=StringIO(), force_terminal=terminal, width=160, color_system=None)


def printed(shown: Console) -> str:
    assert isinstance(shown.file, StringIO)
    return shown.file.getvalue()


def lines(*events: Event) -> list[str]:
    """What a plain view prints for these events, without the time."""
    shown = console()
    with PlainView(["train resnet", "time resnet"], shown) as view:
        for happened in events:
            view(happened)
    return [line.partition("] ")[2] for line in printed(shown).splitlines()]


def table(*events: Event) -> str:
    """The live table after these events."""
    view = LiveView(["train resnet", "time resnet[blocks=(1, 1)]"], console(terminal=True))
    for happened in events:
        view(happened)
    shown = console()
    shown.print(view._table())
    return printed(shown)


def row(*events: Event) -> list[str]:
    """The words of the first job's row in the live table."""
    return next(line for line in table(*events).splitlines() if line.startswith("train resnet")).split()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00"),
        (9.4, "0:09"),
        (59.6, "1:00"),
        (61, "1:01"),
        (3_599.4, "59:59"),
        (3_599.6, "1:00:00"),
        (3_661, "1:01:01"),
        (90_061, "25:01:01"),
    ],
)
def test_a_clock_has_minutes_and_hours_where_there_are_any(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_no_terminal_gets_plain_lines() -> None:
    assert isinstance(make_view([], console()), PlainView)


def test_a_terminal_gets_the_live_table() -> None:
    assert isinstance(make_view([], console(terminal=True)), LiveView)


def test_a_plain_view_begins_with_the_number_of_jobs() -> None:
    assert lines() == ["2 jobs"]


def test_a_plain_line_tells_an_epochs_figures_and_the_time_left() -> None:
    # one epoch of ten took 30 s, and eight are left
    assert lines(event("started"), progress("train"))[1:] == [
        "train resnet: started",
        "train resnet: epoch 2/10, loss 1.235, validation accuracy 87.5%, 4:00 left",
    ]


def test_a_plain_line_tells_the_step() -> None:
    assert lines(progress("robustness"))[1:] == ["train resnet: robustness"]


def test_a_plain_line_tells_how_a_job_ended() -> None:
    assert lines(event("retried", "the worker died"), event("failed", "ValueError: no"), event("done"))[1:] == [
        "train resnet: retried, the worker died",
        "train resnet: failed, ValueError: no",
        "train resnet: done",
    ]


def test_plain_lines_carry_no_codes_and_are_not_wrapped() -> None:
    shown = Console(file=StringIO(), width=20)
    with PlainView([], shown) as view:
        view(event("failed", "an error [of] " + 30 * "many "))
    assert printed(shown).splitlines()[1].endswith("[of] " + 30 * "many ")
    assert "\x1b" not in printed(shown)


def test_plain_lines_begin_with_the_time_since_the_start() -> None:
    now = [100.0]
    shown = console()
    with PlainView(["train resnet"], shown, clock=lambda: now[0]) as view:
        now[0] = 165.0
        view(event("started"))
    assert printed(shown).splitlines() == ["[0:00] 1 jobs", "[1:05] train resnet: started"]


def said_after(*seconds: float, left: str = "about 7 min left") -> list[str]:
    """What a plain view says of the time left, with events at these seconds."""
    now = [0.0]
    shown = console()
    with PlainView(["train resnet", "time resnet"], shown, lambda: left, lambda: now[0]) as view:
        for now[0] in seconds:
            view(progress("train"))
    return [line for line in printed(shown).splitlines() if " of " in line]


def test_a_plain_view_says_at_once_and_now_and_then_how_long_the_run_takes() -> None:
    assert said_after(1, 2, 30, 31, 60, 61) == [
        "[0:01] 0 of 2 jobs, about 7 min left",
        "[0:31] 0 of 2 jobs, about 7 min left",
        "[1:01] 0 of 2 jobs, about 7 min left",
    ]


def test_the_longer_a_run_takes_the_less_often_that_is_said() -> None:
    hour = 3600.0
    assert [line[:10] for line in said_after(hour, hour + 360, hour + 450, hour + 460)] == ["[1:00:00] ", "[1:07:30] "]


def test_nothing_is_said_of_it_before_it_is_known() -> None:
    assert said_after(1, 100, 1000, left="") == []


def test_the_title_of_the_live_table_has_the_time_left() -> None:
    now = [0.0]
    view = LiveView(["train resnet", "time resnet"], console(terminal=True), lambda: "about 7 min left", lambda: now[0])
    view(event("done"))
    now[0], shown = 64.0, console()
    shown.print(view._table())
    assert printed(shown).splitlines()[0].rstrip() == "1 of 2 jobs, 1:04, about 7 min left"


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], "waiting"),
        ([event("started")], "running"),
        ([event("started"), progress("train")], "running"),
        ([progress("accuracy")], "running"),
        ([event("started"), event("retried", "the worker died")], "waiting"),
        ([event("retried", "the worker died"), progress("train")], "running"),
        ([event("started"), event("done")], "done"),
        ([event("started"), event("failed", "ValueError: no")], "failed"),
    ],
)
def test_events_move_a_job_from_state_to_state(events: list[Event], state: str) -> None:
    known = JobState()
    for happened in events:
        known.update(happened)
    assert known.state == state


def test_the_time_left_is_that_of_the_epochs_left_at_the_mean_pace() -> None:
    state = JobState()
    state.update(progress("train", epoch=1, seconds=10.0))
    state.update(progress("train", epoch=2, seconds=20.0))
    assert state.left == 8 * 15


def test_the_time_left_is_unknown_before_the_first_epoch_and_nothing_at_the_end() -> None:
    state = JobState()
    assert state.left is None
    state.update(event("done"))
    assert state.left == 0


def test_a_resumed_job_knows_the_pace_of_its_own_epochs() -> None:
    state = JobState()
    state.update(progress("train", epoch=9, seconds=20.0))
    assert state.left == 20


def test_figures_are_empty_before_the_first_epoch() -> None:
    assert training_figures(JobState()) == ("", "", "", "")


def test_the_live_table_counts_finished_jobs() -> None:
    assert table(event("done")).startswith("1 of 2 jobs, 0:00")


def test_a_waiting_job_has_a_row() -> None:
    assert row() == ["train", "resnet", "waiting"]


def test_a_training_job_shows_its_figures() -> None:
    assert row(event("started"), progress("train")) == [
        *("train", "resnet", "running", "train"),
        *("2/10", "1.235", "87.5%", "4:00"),
    ]


def test_a_measuring_job_shows_its_step_and_keeps_its_figures() -> None:
    shown = row(progress("train", epoch=10), progress("robustness"))
    assert shown == ["train", "resnet", "running", "robustness", "10/10", "1.235", "87.5%", "0:00"]


BATCH = Doing(what="batch 32, OpenVINO", share=0.2, until=0.6, seconds=2.0)


def part_begins() -> Event:
    return Event(job="train resnet", kind="progress", progress=Progress(step="latency", doing=BATCH))


def test_a_timing_job_shows_what_it_times_and_the_share_of_its_time() -> None:
    assert row(part_begins())[2:] == ["running", "latency", "20%,", "batch", "32,", "OpenVINO"]
    assert lines(part_begins())[1:] == ["train resnet: latency 20%, batch 32, OpenVINO"]


def test_the_share_grows_between_two_messages() -> None:
    now = [100.0]
    view, shown = LiveView(["train resnet"], console(terminal=True), clock=lambda: now[0]), console()
    view(part_begins())
    now[0] = 101.0
    shown.print(view._table())
    assert "latency 40%, batch 32, OpenVINO" in printed(shown)


def test_the_next_step_is_shown_without_the_part_of_the_last() -> None:
    assert row(part_begins(), progress("energy"))[2:] == ["running", "energy"]
    assert row(part_begins(), event("done"))[2:] == ["done", "latency"]


def test_a_failed_job_shows_its_error() -> None:
    assert row(event("failed", "ValueError: no"))[2:] == ["failed", "ValueError:", "no"]


def test_brackets_in_names_are_shown_as_they_are() -> None:
    assert "time resnet[blocks=(1, 1)]" in table()


def test_a_job_that_was_not_announced_gets_a_row() -> None:
    assert "train adanet" in table(Event(job="train adanet", kind="started"))


def test_a_live_view_draws_itself_on_a_terminal() -> None:
    shown = console(terminal=True)
    with LiveView(["train resnet"], shown) as view:
        view(event("done"))
    assert "1 of 1 jobs" in printed(shown)
