"""Errors that the user can correct, as one line on a terminal; imports nothing slow."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import typer
from typer.core import TyperCommand

from benchmarks.records.files import StoreError

MAX_CHARACTERS = 600
"""Longest error in characters. The middle of a longer one is cut; its ends have the field and the valid values."""
ENDING = 20.0
"""Seconds that a command may take to end after Ctrl-C before another one interrupts that too."""
USAGE_ERRORS = (StoreError, ValueError, OSError, RecursionError)
"""Errors of a command's options, files and folders; those of data are in `benchmarks.cli.error_kinds`."""

_USAGE_ERROR: Any = typer.BadParameter.__mro__[1]
"""Click's `UsageError`, which typer has under its own name or click's, by its version."""


class OneLineCommand(TyperCommand):
    """A command whose errors of usage, as of a flag that it does not have, are one line too."""

    def make_context(self, *arguments: Any, **extra: Any) -> Any:
        """Read the command line.

        Raises:
            typer.Exit: it is wrong; a line on standard error has said how.
        """
        try:
            return super().make_context(*arguments, **extra)
        except _USAGE_ERROR as error:
            message = error.format_message().rstrip(".")
            typer.echo(f"error: {_one_line(ValueError(message))}; --help shows what there is", err=True)
            raise typer.Exit(2) from error


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
def one_line_interrupt(how: str = "the same command continues", kept: Callable[[], str] = str) -> Iterator[None]:
    """Turn Ctrl-C into one line on standard error, which says what is kept and how to continue, and exit status 130.

    Once is enough: what the command started is ended in some seconds, in which Ctrl-C is ignored. Background jobs of a
    shell are started with SIGINT ignored, and continue to ignore it.

    Args:
        how: the command is continued.
        kept: says what is kept; if it says nothing, the line does so in general.
    """
    pressed: list[float] = []
    before = afterwards = _interrupted_once(pressed)
    try:
        yield
    except KeyboardInterrupt as interrupt:
        typer.echo(f"Interrupted: {kept() or 'trained networks and checkpoints are kept'}; {how}.", err=True)
        if pressed:
            afterwards = signal.SIG_IGN  # Python, too, ends undisturbed
        raise typer.Exit(130) from interrupt
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, afterwards)


def _interrupted_once(pressed: list[float]) -> Any:
    """Let Ctrl-C interrupt the command, but not again while it ends.

    Args:
        pressed: when it interrupted the command is added there.

    Returns:
        What handled it before; None if that is left as it was.
    """
    own = threading.current_thread() is threading.main_thread()
    if not own or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return None

    def handle(number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if not pressed or now - pressed[-1] > ENDING:
            pressed.append(now)
            raise KeyboardInterrupt

    return signal.signal(signal.SIGINT, handle)
