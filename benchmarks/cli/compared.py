"""A comparison of two studies on a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import rich.table
import typer
from rich.console import Console
from rich.markup import escape

from benchmarks.cli.console import make_console
from benchmarks.cli.folders import PAGE, check_file, check_writable
from benchmarks.comparing import difference_tables, origin_tables, verdict
from benchmarks.comparing.as_json import as_json
from benchmarks.comparing.comparison import Comparison
from benchmarks.comparing.differences import Difference
from benchmarks.comparing.page import render
from benchmarks.comparing.tolerances import TIME, Tolerances
from benchmarks.records.files import replacing
from benchmarks.reporting.tables.base import Table
from benchmarks.reporting.tables.cells import Cell

REPORTS = Path("reports")
ANSWERS = 12
"""Most rows of changed answers: networks that were trained on another processor have many."""
STDOUT = "-"
"""In place of a file: standard output, on which then nothing else is written."""


EXIT_STATUS = (
    "Exit status: 0; 1 if something is worse in B by more than its tolerance, or differs although nothing that it was "
    "made of does; 2 if results are missing or damaged, which one line on standard error says."
)
PageOption = Annotated[
    Path | None, typer.Option(help="File of the page. Example: --page comparison.html [default: below reports]")
]
JsonOption = Annotated[
    str | None,
    typer.Option(help="Write the comparison as JSON to a file, or with - to standard output only. Example: --json -"),
]
AccuracyTolerance = Annotated[
    float | None,
    typer.Option(
        help="Points of accuracy that a network may lose. Example: --tolerance-accuracy 0.5 [default: from the spread "
        "over seeds; with one seed, from the interval of the test images]"
    ),
]
RobustTolerance = Annotated[
    float | None,
    typer.Option(help="The same under attack. Example: --tolerance-robust 2 [default: as for accuracy]"),
]
CostTolerance = Annotated[
    float | None,
    typer.Option(
        help="Percent by which MACs may grow. Example: --tolerance-cost 1 [default: as for accuracy, and at least 5 "
        "where they vary from image to image]"
    ),
]
TimeTolerance = Annotated[
    float | None,
    typer.Option(
        help="Percent of its speed-up that a network may lose on the same machine. Example: --tolerance-time 5 "
        "[default: from the intervals of the passes, and at least 25; not judged in a reproduction]"
    ),
]


def tolerances(accuracy: float | None, robust: float | None, cost: float | None, time: float | None) -> Tolerances:
    """Tolerances from options in points and percent.

    Raises:
        ValueError: one is negative or not a number; the message names the option.
    """
    given = {"accuracy": accuracy, "robust": robust, "cost": cost, "time": time}
    for name, value in given.items():
        if value is not None and not (value >= 0 and math.isfinite(value)):
            raise ValueError(f"--tolerance-{name}: {value} must be at least 0, and a number")
    return Tolerances(**{name: None if value is None else value / 100 for name, value in given.items()})


def check_outputs(page: Path | None, json: str | None) -> None:
    """Check that the page and the JSON file can be written, before any work that would be lost.

    Raises:
        FolderError: one cannot.
    """
    if page is None:
        check_writable(REPORTS, "--page")
    else:
        check_file(page, "--page")
    if json is not None and json != STDOUT:
        check_file(Path(json), "--json")


def write(comparison: Comparison, page: Path | None, json: str | None) -> None:
    """Print a comparison, and write its page and its JSON file.

    Args:
        comparison: to show.
        page: file of the page; None: below `reports/`.
        json: file, `-` for standard output, or None for none.
    """
    place = REPORTS / page_name(comparison) / PAGE if page is None else page
    _write(place, render(comparison))
    if json == STDOUT:
        typer.echo(as_json(comparison), nl=False)
        return
    if json is not None:
        _write(Path(json), as_json(comparison))
    console = make_console()
    show_comparison(comparison, console)
    console.print(f"Page: {place}", markup=False, highlight=False, soft_wrap=True)


def _write(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def page_name(comparison: Comparison) -> str:
    """Name of the folder of a comparison's page."""
    return f"{comparison.b}-against-{comparison.a}".replace("/", "-")


def show_comparison(comparison: Comparison, console: Console) -> None:
    """Print what differs, what changed, and the verdict last; rows without a difference are counted, not shown."""
    lines = [f"A: {comparison.a}", f"B: {comparison.b}", verdict.networks_line(comparison)]
    lines += [verdict.seeds_line(comparison), verdict.equality_line(comparison)]
    _say(lines, console)
    _show(origin_tables.origins_table(comparison), console)
    _show(origin_tables.equality_table(comparison), console)
    _show(origin_tables.answers_table(comparison), console, most=ANSWERS)
    places = {_place(found) for found in comparison.differences if _is_shown(found)}
    changed = [found for found in comparison.differences if _place(found) in places]
    _show(difference_tables.accuracy_table(changed), console)
    _show(difference_tables.robustness_table(changed), console)
    _show(difference_tables.times_table(changed), console)
    same = sum(found.change == 0 for found in comparison.differences)
    _say(
        [f"{same} of {len(comparison.differences)} quantities are the same.", verdict.judged_line(comparison)], console
    )
    _say([verdict.claims_line(comparison), *verdict.verdicts(comparison)], console)


def _place(found: Difference) -> tuple[str, str, int]:
    """What has a row of its own: accuracy and cost of a setting share one."""
    return found.network, found.where, found.batch


def _is_shown(found: Difference) -> bool:
    """Whether there is a change to see; of times, those at the headline setting and those that are worse."""
    return found.worse or (found.change != 0 and (found.kind != TIME or found.headline))


def _show(table: Table, console: Console, *, most: int | None = None) -> None:
    """Print a table, or its first rows and how many there are more."""
    if not table.rows:
        return
    shown = rich.table.Table(box=None, pad_edge=False, title=escape(table.title), title_justify="left")
    for column in table.columns:
        header = f"{column.name}, {column.unit}" if column.unit else column.name
        shown.add_column(escape(header), justify="right" if column.numeric else "left")
    for row in table.rows[:most]:
        shown.add_row(*(escape(_text(cell)) for cell in row))
    console.print()
    console.print(shown)
    if most is not None and len(table.rows) > most:
        _say([f"{len(table.rows) - most} more rows are on the page."], console)


def _text(cell: Cell) -> str:
    return f"{cell.text} ({cell.sub})" if cell.sub else cell.text


def _say(lines: Sequence[str], console: Console) -> None:
    for line in lines:
        if line:
            console.print(line, markup=False, highlight=False, soft_wrap=True)
