"""What the verbs print on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.campaign import shown_records
from benchmarks.data import DataCorrupt, DataMissing
from benchmarks.store import Store, StoreError
from benchmarks.summary import summarise

PIPE_WIDTH = 132
LONGEST = 600
"""Characters of an error; of a longer one the middle is left out, since its ends have the place and what is valid."""
INPUT_ERRORS = (StoreError, DataMissing, DataCorrupt, ValueError, OSError, RecursionError)
"""What reading a study, its data and the options of a command may raise where they are wrong."""


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
        typer.echo(f"error: {_one_line(error)}", err=True)
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


def _one_line(error: Exception) -> str:
    message = "the input is nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())
    half = LONGEST // 2
    return message if len(message) <= LONGEST else f"{message[:half]} ... {message[-half:]}"


def comparison(store: Store) -> Table:
    """The headline comparison as a table for the terminal; a dash where something has not been measured.

    The last column is the accuracy under the attack that the report's headlines are about.
    """
    from benchmarks.reporting import attacks  # the report's libraries take a second to load

    table = Table(box=None, pad_edge=False)
    table.add_column("network")
    table.add_column("setting")
    for column in ("accuracy", "95 % interval", "M MACs", "of nominal", "ms/picture, batch 1", "robust accuracy"):
        table.add_column(column, justify="right")
    records = shown_records(store, store.read_study())
    rows = summarise(records)
    if rows.empty:
        return table
    rates = attacks.rates({label: [r.table("robustness")] for label, r in records.items() if r.has("robustness")})
    robust: dict[str, float] = {}
    chosen = attacks.benchmark_attack(rates)
    if chosen:
        name, epsilon = chosen
        table.columns[-1].header = escape(f"{name} at {epsilon:.4g}")
        at = rates[(rates["attack"] == name) & (rates["epsilon"] == epsilon)]
        robust = dict(zip(at["entry"], at["accuracy"], strict=True))
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
            _text(robust.get(str(row["model"])), "{:.1%}"),
        )
    return table


def _text(value: float | None, form: str, scale: float = 1.0) -> str:
    return "–" if value is None or value != value else form.format(value * scale)
