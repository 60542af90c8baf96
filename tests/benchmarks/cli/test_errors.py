"""Errors that are the user's to mend."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
import typer

from benchmarks.cli import errors
from benchmarks.cli.errors import one_line_errors, one_line_interrupt
from benchmarks.records.files import StoreError


def test_an_error_of_that_kind_is_one_line_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as stop, one_line_errors(StoreError):
        raise StoreError("it is\n  damaged")
    assert stop.value.exit_code == 2
    assert capsys.readouterr() == ("", "error: it is damaged\n")


def test_of_a_long_error_the_ends_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), one_line_errors(StoreError):
        raise StoreError(f"methods: cannot read {'[' * 5_000}: write name or name[preset]")
    shown = capsys.readouterr().err
    assert shown.startswith("error: methods: cannot read [[[")
    assert shown.endswith("[[[: write name or name[preset]\n")
    assert len(shown) < 650


def test_input_without_a_bottom_is_said_to_be_nested(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), one_line_errors(RecursionError):
        raise RecursionError("maximum recursion depth exceeded")
    assert capsys.readouterr().err == "error: the input is nested too deeply\n"


def test_an_error_of_another_kind_goes_on() -> None:
    with pytest.raises(ZeroDivisionError), one_line_errors(StoreError):
        raise ZeroDivisionError


@pytest.fixture
def at_a_terminal() -> Iterator[None]:
    """Ctrl-C is handled as Python does, whatever started the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press() -> None:
    """Press Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)


def press_twice(steps: list[str]) -> None:
    """Press Ctrl-C, and again while what it interrupts is ended."""
    try:
        press()
        steps.append("not interrupted")
    finally:
        press()
        steps.append("ended")


@pytest.mark.usefixtures("at_a_terminal")
def test_an_interrupt_is_one_line_and_status_130(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as stop, one_line_interrupt("type it again", lambda: "7 of 20 are done"):
        press()
    assert stop.value.exit_code == 130
    assert capsys.readouterr() == ("", "Interrupted: 7 of 20 are done; type it again.\n")


@pytest.mark.usefixtures("at_a_terminal")
def test_who_cannot_say_what_is_kept_says_so_in_general(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), one_line_interrupt():
        press()
    expected = "Interrupted: trained networks and checkpoints are kept; the same command continues.\n"
    assert capsys.readouterr().err == expected


@pytest.mark.usefixtures("at_a_terminal")
def test_a_command_that_ends_after_an_interrupt_is_not_interrupted_again() -> None:
    steps: list[str] = []

    def say() -> str:
        press()
        steps.append("said")
        return ""

    with pytest.raises(typer.Exit), one_line_interrupt(kept=say):
        press_twice(steps)
    press()
    assert steps == ["ended", "said"]


@pytest.mark.usefixtures("at_a_terminal")
def test_one_that_does_not_end_can_be_interrupted_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "ENDING", -1.0)
    steps: list[str] = []
    with pytest.raises(typer.Exit), one_line_interrupt():
        press_twice(steps)
    assert steps == []


@pytest.mark.usefixtures("at_a_terminal")
def test_afterwards_interrupts_are_handled_as_before() -> None:
    with one_line_interrupt():
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("at_a_terminal")
def test_a_background_job_of_a_shell_goes_on_ignoring_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with one_line_interrupt():
        press()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
