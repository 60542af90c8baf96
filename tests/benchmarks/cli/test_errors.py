"""Errors that are the user's to mend."""

from __future__ import annotations

import pytest
import typer

from benchmarks.cli.errors import one_line_errors
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
