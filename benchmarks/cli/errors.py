"""Errors that the user can correct, as one line on a terminal; imports nothing slow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from benchmarks.records.files import StoreError

MAX_CHARACTERS = 600
"""Longest error in characters. The middle of a longer one is cut; its ends have the field and the valid values."""
USAGE_ERRORS = (StoreError, ValueError, OSError, RecursionError)
"""Errors of a command's options, files and folders; those of data are in `benchmarks.cli.error_kinds`."""


@contextmanager
def one_line_errors(*kinds: type[Exception]) -> Iterator[None]:
    """Turn errors of these kinds into one line on standard error and exit status 2."""
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
def one_line_interrupt(how: str = "the same command continues") -> Iterator[None]:
    """Turn Ctrl-C into one line on standard error, which says what is kept and how to continue, and exit status 130.

    Background jobs of a shell are started with SIGINT ignored, and continue to ignore it.
    """
    try:
        yield
    except KeyboardInterrupt as interrupt:
        typer.echo(f"Interrupted: trained networks and checkpoints are kept; {how}.", err=True)
        raise typer.Exit(130) from interrupt
