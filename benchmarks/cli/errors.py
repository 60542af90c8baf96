"""Errors that are the user's to mend, as one line on a terminal; loads nothing that takes time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from benchmarks.data.contract import DataCorrupt, DataMissing
from benchmarks.records.files import StoreError

MAX_CHARACTERS = 600
"""Characters of an error; of a longer one the middle is left out, since its ends have the place and what is valid."""
INPUT_ERRORS = (StoreError, DataMissing, DataCorrupt, ValueError, OSError, RecursionError)
"""What reading a study, its data and the options of a command may raise where they are wrong."""


@contextmanager
def one_line_errors(*kinds: type[Exception]) -> Iterator[None]:
    """Errors of these kinds are the user's to mend: one line on standard error, exit status 2."""
    try:
        yield
    except kinds as error:
        typer.echo(f"error: {_one_line(error)}", err=True)
        raise typer.Exit(2) from error


def _one_line(error: Exception) -> str:
    message = "the input is nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())
    half = MAX_CHARACTERS // 2
    return message if len(message) <= MAX_CHARACTERS else f"{message[:half]} ... {message[-half:]}"


@contextmanager
def one_line_interrupt() -> Iterator[None]:
    """Ctrl-C is no error: one line on standard error says what is kept and how to go on, exit status 130.

    A shell's background jobs are started with SIGINT ignored, and go on ignoring it: Ctrl-C is meant for others.
    """
    try:
        yield
    except KeyboardInterrupt as interrupt:
        typer.echo("Interrupted: trained networks and checkpoints are kept; the same command goes on.", err=True)
        raise typer.Exit(130) from interrupt
