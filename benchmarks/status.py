"""How far a study is, from another terminal: `python -m benchmarks.status results/quick`."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from benchmarks.cli.console import make_console
from benchmarks.cli.errors import USAGE_ERRORS, OneLineCommand, one_line_errors
from benchmarks.cli.how_far import shown
from benchmarks.comparing.places import find_study
from benchmarks.records.files import study_file
from benchmarks.remote.urls import is_url
from benchmarks.running.status import StudyStatus, study_status

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

PAUSE = 2.0
"""Seconds between two looks of --watch."""


@app.command(
    cls=OneLineCommand,
    epilog="It only reads the study's directory: it says the same during a run, after it, and after it was killed.",
)
def status(
    study: Annotated[
        str,
        typer.Argument(help="Results of a study: a directory, a name below results, or a URL. Example: results/quick"),
    ],
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again every two seconds, until nothing is missing. Example: --watch")
    ] = False,
) -> None:
    """Show what of a study is done, running, failed and missing, and about how long the rest takes."""
    console = make_console()
    with one_line_errors(*USAGE_ERRORS):
        if watch:
            _watch(study, console)
        else:
            console.print(shown(_found(study)), soft_wrap=True)


def _found(study: str) -> StudyStatus:
    """How far a study is now; of one at a URL, what is there."""
    root = find_study(study)
    study_file(root)
    if is_url(study):
        from benchmarks.remote.pulling import works_on

        return study_status(root, works_on(study))
    return study_status(root)


def _watch(study: str, console: Console) -> None:
    """Show it in one place until nothing is missing.

    Raises:
        StoreError: what is read is damaged.
        typer.Exit: Ctrl-C.
    """
    found = _found(study)
    try:
        with Live(shown(found), console=console, auto_refresh=False) as live:
            while not found.complete:
                time.sleep(PAUSE)
                found = _found(study)
                live.update(shown(found), refresh=True)
    except KeyboardInterrupt as interrupt:
        raise typer.Exit(130) from interrupt


if __name__ == "__main__":
    sys.exit(app())
