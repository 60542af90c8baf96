"""The tables of `python -m benchmarks.list`."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

import zoo
from benchmarks import data
from benchmarks.records import sizes
from benchmarks.study.design import Design, bundled_studies, load, method_names
from zoo.sizing.published_sizes import compare_sizes


def chosen_methods(pattern: str) -> tuple[str, ...]:
    """Names of the methods that match a wildcard.

    Raises:
        UnknownName: none does.
    """
    chosen = zoo.list_methods(pattern)
    if not chosen:
        raise zoo.UnknownName(f"no method matches {pattern!r}; valid: {', '.join(zoo.list_methods())}")
    return chosen


def recounted() -> str:
    """Count every preset again; a line that says what changed.

    Raises:
        ValueError: the suite is an installed package.
    """
    changed, total = sizes.recount()
    return f"{changed} of {total} rows of {sizes.FILE} changed"


def method_table(names: tuple[str, ...]) -> Table:
    """Family, what varies per input, settings, parameters with defaults, and citation."""
    table = _table("method", "family", "varies", "settings", "parameters", "citation")
    for name in names:
        method = zoo.method(name)
        parameters = ", ".join(f"{key}={value}" for key, value in method.parameters().items())
        settings = escape(method.settings() or "one only")
        table.add_row(name, method.family, method.varies, settings, escape(parameters), escape(method.citation))
    return table


def preset_table(names: tuple[str, ...]) -> Table:
    """Images, units, parameters and nominal multiply-accumulates, as `benchmarks.records.sizes` has them."""
    table = _table("preset", "images", "classes", "units", "parameters", "M MACs (nominal)")
    for name in names:
        for preset, facts in zoo.method(name).presets.items():
            task = sizes.SUITE_TASKS.get(preset, facts.task)
            size = sizes.size(zoo.Selector(name, preset), task)
            images = " x ".join(map(str, task.shape))
            units, parameters, macs = str(size.units), f"{size.parameters:,}", f"{size.macs / 1e6:,.2f}"
            table.add_row(escape(f"{name}[{preset}]"), images, str(task.classes), units, parameters, macs)
    return table


def fidelity_table(names: tuple[str, ...]) -> Table:
    """Our sizes beside those that papers print or that were counted on public code."""
    table = _table("preset", "source", "parameters", "ours", "M MACs", "ours", "agrees")
    for name in names:
        for row in compare_sizes(name, size=sizes.size, linear=sizes.linear_macs):
            parameters = "" if row.parameters is None else f"{row.parameters:,.0f}"
            macs = "" if row.macs is None else f"{row.macs / 1e6:,.7g}"
            agrees = "yes" if row.agrees else f"no: {row.differs}"
            preset, our_macs = escape(f"{name}[{row.preset}]"), f"{row.our_macs / 1e6:,.7g}"
            table.add_row(preset, row.source, parameters, f"{row.our_parameters:,}", macs, our_macs, escape(agrees))
    return table


def dataset_table() -> Table:
    """Images, classes, options and source."""
    table = _table("data set", "images", "classes", "options", "source")
    for name in data.names():
        facts = data.describe(name)
        images = " x ".join(map(str, facts.shape)) if facts.shape else "any"
        options = ", ".join(f"{key}={value}" for key, value in facts.options.items())
        table.add_row(name, images, str(facts.classes or "any"), escape(options), escape(facts.source))
    return table


def study_table() -> Table:
    """Data set, methods, repetitions and epochs of the bundled studies."""
    table = _table("study", "title", "data set", "methods", "repetitions", "epochs")
    for name in bundled_studies():
        study = load(Design, name)
        methods, dataset = escape(", ".join(method_names(study.methods))), escape(study.dataset)
        table.add_row(name, escape(study.title), dataset, methods, str(study.repetitions), str(study.recipe.epochs))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, row_styles=["", "dim"])
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
