"""The accuracy that papers report and how they reached it, separate from what was measured here."""

from __future__ import annotations

from collections import Counter

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.pixels import ORIGINAL
from benchmarks.reporting.findings.provenance import recipe_line
from benchmarks.reporting.findings.reproduced import Outcome, Reported, reported
from benchmarks.reporting.formatting import percent, span
from benchmarks.reporting.sections import PUBLISHED
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text
from benchmarks.training.recipe import Recipe


@table("published", section=PUBLISHED, order=20)
def published(evidence: Evidence) -> Table | None:
    """Errors that papers print for every method in the study, once, and ours where preset and data are the same."""
    rows = [_row(one) for one in reported(evidence)]
    if not rows:
        return None
    counts, pixels = Counter(cells[4].text for cells in rows), evidence.study.pixels.words
    columns = [
        Column(name="Method", numeric=False),
        Column(name="Data set", numeric=False),
        Column(name="Error", unit="%", tip="Top-1 error as published."),
        Column(name="Here", unit="%", tip="Top-1 error in this study: same preset, same data set."),
        Column(
            name="Outcome",
            numeric=False,
            tip="Reproduced: the 95 % interval of ours has the printed error in it, with the paper's data, preset and "
            "recipe, and at its cost. Else by how much ours differs, or why nothing can be compared.",
        ),
        Column(
            name="Recipe", numeric=False, long=True, tip="The paper's, as far as RouteBench knows it; below it, ours."
        ),
        Column(name="Source", numeric=False, long=True),
    ]
    return Table(
        title="Published accuracy",
        columns=columns,
        rows=rows,
        note=f"{counts['reproduced']} reproduced, {counts['ours differs']} different, "
        f"{counts['not attempted']} not attempted. All printed errors are of original pixels. Here: "
        f"{evidence.study.dataset_title} ({pixels}), with validation images held out of the training images. "
        "Only where “Here” has a number were the same preset and data set measured in this study; "
        "nothing else in this table can be compared with it.",
    )


def _row(one: Reported) -> list[Cell]:
    figure, found = one.figure, one.outcome
    assert figure.error is not None
    theirs = _recipe(one.recipe)
    ours = f"here: {_recipe(found.network.first.recipe)}" if found.network else ""
    return [
        text(one.method.title, one.preset),
        text(figure.dataset, ORIGINAL),
        Cell(text=f"{figure.error:g}", sort=figure.error),
        _here(found),
        text(found.word, found.detail),
        text(theirs, ours),
        text(figure.source, figure.note),
    ]


def _here(found: Outcome) -> Cell:
    if found.error is None:
        return missing(found.detail)
    ends = span(percent(found.low, 2), percent(found.high, 2))
    return Cell(text=percent(found.error, 2), sub=ends, sort=found.error)


def _recipe(recipe: Recipe | None) -> str:
    return recipe_line(recipe) if recipe else "unknown"
