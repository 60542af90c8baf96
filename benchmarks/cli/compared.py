"""A comparison of two studies on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import rich.table
import typer
from rich.console import Console
from rich.markup import escape

from benchmarks.cli.comparison_options import STDOUT
from benchmarks.cli.console import make_console
from benchmarks.cli.folders import PAGE, REPORTS
from benchmarks.comparing import difference_tables, origin_tables, verdict
from benchmarks.comparing.as_json import as_json
from benchmarks.comparing.comparison import Comparison
from benchmarks.comparing.differences import Difference
from benchmarks.comparing.page import render
from benchmarks.comparing.tolerances import TIME
from benchmarks.records.files import replacing
from benchmarks.reporting.tables.base import Table
from benchmarks.reporting.tables.cells import Cell

ANSWERS = 12
"""Most rows of changed answers: networks that were trained on another processor have many."""


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
