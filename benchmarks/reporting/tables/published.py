"""The accuracy that papers report and how they reached it, separate from what was measured here."""

from __future__ import annotations

from benchmarks.reporting.evidence.evidence import Evidence, MethodDescription, NetworkEvidence
from benchmarks.reporting.findings.provenance import recipe_line
from benchmarks.reporting.formatting import is_missing, percent
from benchmarks.reporting.sections import PUBLISHED
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text
from benchmarks.training.recipe import Recipe
from zoo.papers.paper import Published


@table("published", section=PUBLISHED, order=20)
def published(evidence: Evidence) -> Table | None:
    """Errors that papers print for every method in the study, and ours where preset and data are the same."""
    rows = []
    methods = {network.method.name: network.method for network in evidence.networks}
    for method in methods.values():
        for preset, figures in method.published.items():
            rows += [_row(evidence, method, preset, figure) for figure in figures if figure.error is not None]
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
        note="Only where “Here” has a number were the same preset and data set measured in this study; "
        "nothing else in this table can be compared with it.",
    )


def _row(evidence: Evidence, method: MethodDescription, preset: str, figure: Published) -> list[Cell]:
    same = next((network for network in evidence.networks if _is_preset(network, method, preset)), None)
    theirs = _recipe(method.recipes.get(preset))
    ours = f"here: {_recipe(same.first.recipe)}" if same and _same_data(evidence, figure) else ""
    return [
        text(method.title, preset),
        text(figure.dataset),
        Cell(text=f"{figure.error:g}", sort=figure.error),
        _here(evidence, same, figure),
        text(theirs, ours),
        text(figure.source, figure.note),
    ]


def _here(evidence: Evidence, same: NetworkEvidence | None, figure: Published) -> Cell:
    if not _same_data(evidence, figure):
        return missing("other data set")
    if same is None:
        return missing("other preset")
    accuracy = evidence.value(same, "accuracy")
    if is_missing(accuracy):
        return missing(same.reason("accuracy"))
    return Cell(text=percent(1 - accuracy, 2), sort=1 - accuracy)


def _same_data(evidence: Evidence, figure: Published) -> bool:
    return figure.dataset == evidence.study.dataset


def _recipe(recipe: Recipe | None) -> str:
    return recipe_line(recipe) if recipe else "unknown"


def _is_preset(network: NetworkEvidence, method: MethodDescription, preset: str) -> bool:
    model = network.first
    return network.method == method and model.preset == preset and not model.parameters
