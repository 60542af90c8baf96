"""What the verbs print on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.campaign import shown_records
from benchmarks.store import Store
from benchmarks.summary import summarise

PIPE_WIDTH = 132


def make_console() -> Console:
    """The terminal, or for pipes and logs a page wide enough that tables do not wrap."""
    console = Console()
    return console if console.is_terminal else Console(width=PIPE_WIDTH)


@contextmanager
def one_line_errors(*kinds: type[Exception]) -> Iterator[None]:
    """Errors of these kinds are the user's to mend: one line on standard error, exit status 2."""
    try:
        yield
    except kinds as error:
        typer.echo(f"error: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(2) from error


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


def comparison(store: Store) -> Table:
    """The headline comparison as a table for the terminal; a dash where something has not been measured."""
    table = Table(box=None, pad_edge=False)
    table.add_column("network")
    table.add_column("setting")
    for column in ("accuracy", "95 % interval", "M MACs", "of nominal", "ms/picture, batch 1", "robust accuracy"):
        table.add_column(column, justify="right")
    rows = summarise(shown_records(store, store.read_study()))
    if rows.empty:
        return table
    robust = [column for column in map(str, rows) if column.startswith("robust_PGD")]
    shown = robust[min(1, len(robust) - 1)] if robust else None
    if shown:
        table.columns[-1].header = shown.removeprefix("robust_").replace("_", " at ")
    for _, row in rows[rows["headline"]].iterrows():
        interval = [row.get("accuracy_low"), row.get("accuracy_high")]
        table.add_row(
            escape(str(row["model"])),
            escape(str(row["setting"])),
            _text(row.get("accuracy"), "{:.1%}"),
            " to ".join(_text(bound, "{:.1%}") for bound in interval),
            _text(row.get("routed"), "{:.2f}", 1e-6),
            _text(row.get("execution"), "{:.0%}"),
            _text(row.get("latency_1"), "{:.2f}", 1e3),
            _text(row.get(shown) if shown else None, "{:.1%}"),
        )
    return table


def _text(value: float | None, form: str, scale: float = 1.0) -> str:
    return "–" if value is None or value != value else form.format(value * scale)
