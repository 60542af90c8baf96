"""List what the suite has: `python -m benchmarks.list`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from benchmarks.cli.console import make_console
from benchmarks.cli.errors import USAGE_ERRORS, OneLineCommand, one_line_errors
from benchmarks.cli.options import PluginOption
from benchmarks.cli.waiting import LOADING, waiting
from benchmarks.plugins.places import check_plugins

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


class Topic(StrEnum):
    """Things that can be listed."""

    methods = "methods"
    presets = "presets"
    fidelity = "fidelity"
    datasets = "datasets"
    studies = "studies"


@app.command(cls=OneLineCommand)
def show(
    topic: Annotated[
        Topic | None,
        typer.Argument(help="methods, presets, fidelity, datasets or studies; default: all. Example: fidelity"),
    ] = None,
    methods: Annotated[str, typer.Option(help="Wildcard for methods and presets. Example: --methods 'ada*'")] = "*",
    plugin: PluginOption = None,
    recount: Annotated[
        bool,
        typer.Option(
            "--recount", help="Count every preset again and update the stored sizes; takes a minute. Example: --recount"
        ),
    ] = False,
) -> None:
    """List methods with their citations, presets with their sizes beside the published ones, data sets and studies."""
    console = make_console()
    with one_line_errors(*USAGE_ERRORS):
        if recount and (topic is not None or methods != "*"):
            raise ValueError("--recount counts every preset; leave the other arguments out")
        check_plugins(plugin)
        with waiting(LOADING):
            from benchmarks.cli import listing
            from benchmarks.plugins.loading import load as load_plugins
        load_plugins(plugin or ())
        if recount:
            typer.echo(listing.recounted())
            return
        chosen = listing.chosen_methods(methods)
        tables = {
            Topic.methods: lambda: listing.method_table(chosen),
            Topic.presets: lambda: listing.preset_table(chosen),
            Topic.fidelity: lambda: listing.fidelity_table(chosen),
            Topic.datasets: listing.dataset_table,
            Topic.studies: listing.study_table,
        }
        for kind, make in tables.items():
            if topic in (None, kind):
                console.print(make(), "")


if __name__ == "__main__":
    sys.exit(app())
