"""What there is: `python -m benchmarks.list`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

import zoo
from benchmarks import data
from benchmarks.cost import measure_ledger
from benchmarks.study import bundled_studies, load_study
from benchmarks.terminal import make_console, one_line_errors
from zoo.contract import Task

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

SUITE_TASKS = {
    "tiny": Task(shape=(1, 28, 28), classes=10),
    "small": Task(shape=(3, 32, 32), classes=10),
}
"""What sizes of the suite's own presets are quoted for: mnist5k's and CIFAR-10's pictures."""


class What(StrEnum):
    """Things that can be listed."""

    methods = "methods"
    presets = "presets"
    datasets = "datasets"
    studies = "studies"


@app.command()
def show(
    what: Annotated[
        What | None,
        typer.Argument(help="methods, presets, datasets or studies; all where none is given. Example: presets"),
    ] = None,
    methods: Annotated[str, typer.Option(help="Wildcard for methods and presets. Example: --methods 'ada*'")] = "*",
) -> None:
    """List methods with parameters and citations, presets with their sizes, data sets and studies."""
    console = make_console()
    with one_line_errors(ValueError):
        chosen = zoo.methods(methods)
        if not chosen:
            raise zoo.UnknownName(f"no method fits {methods!r}; valid: {', '.join(zoo.methods())}")
        tables = {
            What.methods: lambda: method_table(chosen),
            What.presets: lambda: preset_table(chosen),
            What.datasets: dataset_table,
            What.studies: study_table,
        }
        for kind, make in tables.items():
            if what in (None, kind):
                console.print(make(), "")


def method_table(names: tuple[str, ...]) -> Table:
    """Family, what varies per input, parameters with defaults, and citation."""
    table = _table("method", "family", "varies", "parameters", "citation")
    for name in names:
        method = zoo.method(name)
        parameters = ", ".join(f"{key}={value}" for key, value in method.parameters().items())
        table.add_row(name, method.family, method.varies, escape(parameters), escape(method.citation))
    return table


def preset_table(names: tuple[str, ...]) -> Table:
    """Pictures, units, parameters and nominal multiply-accumulates, measured on a network built for the purpose."""
    table = _table("preset", "pictures", "classes", "units", "parameters", "M MACs (nominal)")
    for name in names:
        for preset, facts in zoo.method(name).presets.items():
            task = SUITE_TASKS.get(preset, facts.task)
            net = zoo.create(zoo.Selector(name, preset), task)
            macs = measure_ledger(net).nominal / 1e6
            pictures = " x ".join(map(str, task.shape))
            size = f"{zoo.count_parameters(net):,}"
            table.add_row(
                escape(f"{name}[{preset}]"), pictures, str(task.classes), str(len(net.units)), size, f"{macs:,.2f}"
            )
    return table


def dataset_table() -> Table:
    """Pictures, classes, options and source."""
    table = _table("data set", "pictures", "classes", "options", "source")
    for name in data.names():
        facts = data.describe(name)
        pictures = " x ".join(map(str, facts.shape)) if facts.shape else "any"
        options = ", ".join(f"{key}={value}" for key, value in facts.options.items())
        table.add_row(name, pictures, str(facts.classes or "any"), escape(options), escape(facts.source))
    return table


def study_table() -> Table:
    """Data set, methods, repetitions and epochs of the bundled studies."""
    table = _table("study", "title", "data set", "methods", "repetitions", "epochs")
    for name in bundled_studies():
        study = load_study(name)
        methods, dataset = escape(", ".join(study.methods)), escape(study.dataset)
        table.add_row(name, escape(study.title), dataset, methods, str(study.repetitions), str(study.recipe.epochs))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, row_styles=["", "dim"])
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


if __name__ == "__main__":
    sys.exit(app())
