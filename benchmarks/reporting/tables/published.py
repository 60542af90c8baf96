"""What papers say of the same methods, kept apart from what was measured here."""

from __future__ import annotations

from benchmarks.reporting.evidence import Entry, Evidence
from benchmarks.reporting.facts import dataset_name
from benchmarks.reporting.formats import is_missing, percent, significant
from benchmarks.reporting.tables.base import Cell, Column, Table, missing, text
from zoo.registry import Published


def published(evidence: Evidence) -> Table | None:
    """Figures of the papers of every method in the study, and ours beside those that are comparable."""
    rows = []
    facts = {entry.facts.name: entry.facts for entry in evidence.entries}
    for method in facts.values():
        for preset, figures in method.published.items():
            rows += [_row(evidence, method.title, method.name, preset, figure) for figure in figures]
    if not rows:
        return None
    columns = [
        Column(name="Method", numeric=False),
        Column(name="Preset", numeric=False),
        Column(name="Data set", numeric=False),
        Column(name="Error", unit="%", tip="Top-1 error as published."),
        Column(name="Here", unit="%", tip="Top-1 error in this study: same preset, same data set."),
        Column(name="Parameters", unit="M"),
        Column(name="MACs", unit="M", tip="Converted to multiply-accumulates."),
        Column(name="Source", numeric=False),
    ]
    return Table(
        name="published",
        title="Published elsewhere",
        columns=columns,
        rows=rows,
        note="Only where “Here” has a number were the same preset and data set measured in this study; "
        "nothing else in this table can be compared with it.",
    )


def _row(evidence: Evidence, title: str, method: str, preset: str, figure: Published) -> list[Cell]:
    return [
        text(title),
        text(preset),
        text(figure.dataset),
        missing("") if figure.error is None else Cell(text=f"{figure.error:g}", sort=figure.error),
        _here(evidence, method, preset, figure),
        _value(figure.parameters, 1e6),
        _value(figure.macs, 1e6),
        text(figure.source, figure.note),
    ]


def _value(value: float | None, size: float) -> Cell:
    return missing("") if value is None else Cell(text=significant(value / size), sort=value)


def _here(evidence: Evidence, method: str, preset: str, figure: Published) -> Cell:
    if figure.dataset != dataset_name(evidence.study.dataset):
        return missing("other data set")
    same = next((entry for entry in evidence.entries if _is(entry, method, preset)), None)
    if same is None:
        return missing("other preset")
    accuracy = evidence.value(same, "accuracy")
    if is_missing(accuracy):
        return missing(same.reason("accuracy"))
    return Cell(text=percent(1 - accuracy, 2), sort=1 - accuracy)


def _is(entry: Entry, method: str, preset: str) -> bool:
    spec = entry.first.spec
    return spec.method == method and spec.preset == preset and not spec.parameters
