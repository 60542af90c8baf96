"""`python -m benchmarks.report`: from a study's results to one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.store import StoreError

RESULTS = Path("results/quick")
REPORTS = Path("reports")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def report(
    study_dir: Annotated[
        Path, typer.Argument(help="Directory of a study's results. Example: results/standard", show_default=True)
    ] = RESULTS,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Directory of the page, made where it is missing. Example: --out /tmp/page",
            show_default="reports/<name of the study's directory>",
        ),
    ] = None,
) -> None:
    """Write a study's report: one page that needs no network, from the results alone.

    Prints the path of the page. Results that are missing or damaged are one line on standard error and exit code 2.
    """
    from benchmarks.reporting import build

    folder = out or REPORTS / study_dir.resolve().name
    try:
        page = build(study_dir, folder)
    except StoreError as error:
        typer.echo(f"error: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(2) from error
    except OSError as error:
        typer.echo(f"error: {folder} cannot be written: {error.strerror}", err=True)
        raise typer.Exit(2) from error
    typer.echo(page)


if __name__ == "__main__":
    app()
