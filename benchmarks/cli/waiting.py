"""A line that says what a command is doing before it has anything to print; imports nothing slow."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner

LOADING = "loading torch"


def loading() -> AbstractContextManager[None]:
    """For commands that take minutes: say that torch is loaded, in a log too, unless it is there already."""
    return waiting(LOADING, logged="torch" not in sys.modules)


@contextmanager
def waiting(what: str, *, logged: bool = False) -> Iterator[None]:
    """Show what is being done while the block runs, on standard error; the line vanishes at its end.

    Args:
        what: is done.
        logged: whether a line is written, and stays, if standard error is not a terminal; otherwise nothing is.
    """
    if not sys.stderr.isatty():
        if logged:
            print(f"RouteBench: {what} ...", file=sys.stderr, flush=True)
        yield
        return
    line = Spinner("dots", f"[dim]RouteBench: {escape(what)} ...[/dim]")
    with Live(line, console=Console(stderr=True), transient=True, refresh_per_second=12.5) as live:
        live.refresh()  # at once: an import may keep the thread that redraws the line from running
        yield
