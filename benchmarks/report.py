"""Build a study's report from its results: `python -m benchmarks.report results/quick`."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(epilog="If results are missing or damaged, one line on standard error says so, and the exit status is 2.")
def report(
    study_dir: Annotated[
        Path,
        typer.Argument(help="Directory of a study's results. Example: results/standard"),
    ] = Path("results/quick"),
    out: Annotated[
        Path | None,
        typer.Option(
            help="Directory of the page; created if it is missing. Example: --out public/quick",
            show_default="reports/<study's name>",
        ),
    ] = None,
) -> None:
    """Write a study's report and print its path: one page that works offline, built from the results alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from benchmarks.cli.errors import one_line_errors
        from benchmarks.cli.folders import FolderError, check_page
        from benchmarks.records.files import StoreError
        from benchmarks.reporting import build

    folder = Path("reports") / study_dir.resolve().name if out is None else out
    with one_line_errors(StoreError, FolderError, OSError, RecursionError):
        check_page(folder, "--out")
        typer.echo(build(study_dir, folder))


if __name__ == "__main__":
    sys.exit(app())
