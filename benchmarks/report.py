"""Build the report of one study or several from their results: `python -m benchmarks.report results/quick`."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli.errors import USAGE_ERRORS, OneLineCommand, one_line_errors
from benchmarks.cli.folders import check_page, page_folder
from benchmarks.cli.options import ImagesChoice, OutOption, PluginOption, ReportsOption
from benchmarks.cli.waiting import LOADING, waiting
from benchmarks.comparing.places import find_study
from benchmarks.plugins.places import PluginError, check_plugins
from benchmarks.records.files import StoreError, study_file
from benchmarks.remote.urls import is_url

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(
    cls=OneLineCommand,
    epilog="If results are missing or damaged, one line on standard error says so, and the exit status is 2.",
)
def report(
    study_dirs: Annotated[
        list[str] | None,
        typer.Argument(
            help="Directory or URL of a study's results, or several of one data set. Example: results/standard",
            show_default="results/quick",
        ),
    ] = None,
    out: OutOption = None,
    reports: ReportsOption = None,
    plugin: PluginOption = None,
    images: Annotated[
        ImagesChoice,
        typer.Option(help="Show test images that are stored with the results, or none. Example: --images none"),
    ] = ImagesChoice.all,
    export: Annotated[
        bool,
        typer.Option(
            "--export",
            help="Also write <out>/export: tables as CSV, Markdown and LaTeX, figures as SVG and PDF with their "
            "numbers, all results as CSV and Parquet, papers as BibTeX. Example: --export",
        ),
    ] = False,
) -> None:
    """Write the report of one or several studies and print its path: a page that works offline, from results alone."""
    places = study_dirs or ["results/quick"]
    with one_line_errors(*USAGE_ERRORS):
        check_plugins(plugin)
        first, *others = [find_study(place) if is_url(place) else Path(place) for place in places]
        name = "-".join(dict.fromkeys(study_dir.resolve().name for study_dir in (first, *others)))
        folder, option = page_folder(out, reports, name)
        check_page(folder, option)
        for study_dir in (first, *others):
            study_file(study_dir)
    with waiting(LOADING), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from benchmarks.comparing.comparison import compare_all
        from benchmarks.comparing.page import sections
        from benchmarks.plugins.loading import load as load_plugins
        from benchmarks.reporting import build
    with one_line_errors(StoreError, OSError, RecursionError, PluginError):
        load_plugins(plugin or ())
        with waiting("writing the report"):
            more = sections(compare_all(first, *others))
            page = build(first, folder, *others, images=images is ImagesChoice.all, export=export, more=more)
        typer.echo(page)


if __name__ == "__main__":
    sys.exit(app())
