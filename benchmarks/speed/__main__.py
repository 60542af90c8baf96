"""Measure speed: `python -m benchmarks.speed`."""

from __future__ import annotations

import math
import sys
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.cli.console import make_console
from benchmarks.cli.errors import OneLineCommand
from benchmarks.cli.waiting import LOADING, waiting

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


class Section(StrEnum):
    """The sections; each is a module of this package with a function `measure`."""

    skipping = "skipping"
    exits = "exits"
    compiled = "compiled"
    opponents = "opponents"
    arrivals = "arrivals"
    training = "training"
    attacks = "attacks"
    aa = "aa"


TITLES = {
    Section.skipping: "Skipped blocks: is saved computation saved time?",
    Section.exits: "Early exits: is saved computation saved time?",
    Section.compiled: "Served, against torch.compile",
    Section.opponents: "Opponents: dense networks in other inference runtimes, and skipping against the fastest",
    Section.arrivals: "Open arrivals: how many requests per second are answered in time?",
    Section.training: "Training: images per second against a plain loop",
    Section.attacks: "Attacks: seconds against foolbox",
    Section.aa: "A/A: does timing call a network different from itself, and does it find a slow-down?",
}


@app.command(cls=OneLineCommand, epilog="A figure below its target is marked, and the exit status is then 1.")
def speed(
    only: Annotated[
        list[Section] | None,
        typer.Option(help="A section to measure, may be repeated. Example: --only skipping", show_default="all"),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=0.1, help="Time for the turns of a section. Example: --seconds 60")
    ] = 120,
) -> None:
    """Measure the suite's speed against its targets, as ratios of one-thread CPU times that are taken in turns.

    Other work on the machine disturbs the measurement: stop it, and repeat doubtful figures.
    """
    console = make_console()
    with waiting(LOADING):
        from benchmarks.speed.table import NotMeasured
    _print_machine(console)
    below = False
    for section in only or [s for s in Section if find_spec(f"benchmarks.speed.{s}")]:
        try:
            rows: pd.DataFrame = import_module(f"benchmarks.speed.{section}").measure(seconds)
        except NotMeasured as reason:
            console.print(f"{TITLES[section]}: not measured: {reason}", "", markup=False, highlight=False)
            continue
        console.print(table(TITLES[section], rows), "")
        below |= bool((rows["ratio"] < rows["target"]).any())
    if below:
        raise typer.Exit(1)


def table(title: str, rows: pd.DataFrame) -> Table:
    """Rows of `benchmarks.speed.table.row_of` for the terminal; a row below its target is marked."""
    shown = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in ("what", "configuration"):
        shown.add_column(column, overflow="fold")
    for column in ("ratio", "from, to", "turns", "target", ""):
        shown.add_column(column, justify="right", no_wrap=True)
    for row in rows.to_dict("records"):
        promised = not math.isnan(row["target"])
        shown.add_row(
            escape(row["what"]),
            escape(row["configuration"]),
            f"{row['ratio']:.2f}",
            f"{row['low']:.2f} to {row['high']:.2f}",
            str(row["turns"]),
            f"{row['target']:.2f}" if promised else "–",
            "below" if promised and row["ratio"] < row["target"] else "",
        )
    return shown


def _print_machine(console: Console) -> None:
    from benchmarks.records.environment import describe_environment

    facts = describe_environment()
    load = facts["load_average"][0]
    console.print(
        f"{facts['processor']}, {facts['cpus']} CPUs, load {load}; torch {facts['packages']['torch']}, one thread; "
        "median and quartiles of ratios turn by turn; of A/A: shares of checks, 95 % intervals",
        highlight=False,
    )
    if load > 1:
        console.print(f"[bold]The machine is not quiet (load {load}): figures may be wrong.[/bold]", highlight=False)


if __name__ == "__main__":
    sys.exit(app())
