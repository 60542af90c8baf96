"""The accuracy that papers reached and how, kept apart from what was measured here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.reporting.drawing.formatting import is_missing, percent
from benchmarks.reporting.evidence.evidence import Entry, Evidence
from benchmarks.reporting.evidence.methods import dataset_name
from benchmarks.reporting.evidence.provenance import recipe_line
from benchmarks.reporting.tables.base import Column, Fold, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text
from benchmarks.training.recipe import Recipe
from zoo.registry import Published


@table("published", section="networks", order=20)
def published(evidence: Evidence) -> Table | None:
    """Errors that papers print for every method in the study, and ours where preset and data are the same."""
    rows = []
    facts = {entry.facts.name: entry.facts for entry in evidence.entries}
    for method in facts.values():
        for preset, figures in method.published.items():
            recipe = method.recipes[preset]
            rows += [
                _row(evidence, method.title, method.name, preset, recipe, figure)
                for figure in figures
                if figure.error is not None
            ]
    if not rows:
        return None
    columns = [
        Column(name="Method", numeric=False),
        Column(name="Data set", numeric=False),
        Column(name="Error", unit="%", tip="Top-1 error as published."),
        Column(name="Here", unit="%", tip="Top-1 error in this study: same preset, same data set."),
        Column(
            name="Recipe", numeric=False, long=True, tip="The paper's, as far as RouteBench knows it; below it, ours."
        ),
        Column(name="Source", numeric=False, long=True),
    ]
    return Table(
        title="Published accuracy",
        columns=columns,
        rows=rows,
        fold=Fold(
            heading="As accurate as published?",
            summary=f"{len(rows)} figures of these methods’ papers, and what was reached here under which recipe",
        ),
        note="Only where “Here” has a number were the same preset and data set measured in this study; "
        "nothing else in this table can be compared with it.",
    )


def _row(
    evidence: Evidence, title: str, method: str, preset: str, recipe: Mapping[str, Any], figure: Published
) -> list[Cell]:
    same = next((entry for entry in evidence.entries if _is(entry, method, preset)), None)
    theirs = recipe_line(Recipe.model_validate(dict(recipe))) if recipe else "unknown"
    ours = f"here: {recipe_line(same.first.spec.recipe)}" if same and _same_data(evidence, figure) else ""
    return [
        text(title, preset),
        text(figure.dataset),
        Cell(text=f"{figure.error:g}", sort=figure.error),
        _here(evidence, same, figure),
        text(theirs, ours),
        text(figure.source, figure.note),
    ]


def _here(evidence: Evidence, same: Entry | None, figure: Published) -> Cell:
    if not _same_data(evidence, figure):
        return missing("other data set")
    if same is None:
        return missing("other preset")
    accuracy = evidence.value(same, "accuracy")
    if is_missing(accuracy):
        return missing(same.reason("accuracy"))
    return Cell(text=percent(1 - accuracy, 2), sort=1 - accuracy)


def _same_data(evidence: Evidence, figure: Published) -> bool:
    return figure.dataset == dataset_name(evidence.study.dataset)


def _is(entry: Entry, method: str, preset: str) -> bool:
    spec = entry.first.spec
    return spec.method == method and spec.preset == preset and not spec.parameters
