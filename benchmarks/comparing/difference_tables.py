"""By how much two studies differ, as tables for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.comparing.differences import Difference
from benchmarks.comparing.samples import ACCURACY, COST, ROBUST
from benchmarks.comparing.tolerances import TIME
from benchmarks.reporting.formatting import DASH, is_missing, percent, short_macs
from benchmarks.reporting.tables.base import Column, Table
from benchmarks.reporting.tables.cells import Cell, text

INTERVALS = (
    "Intervals are of the test images, and of seeds where there are several; they hold for all rows together with 95 % "
    "confidence."
)


def accuracy_table(differences: Sequence[Difference]) -> Table:
    """Accuracy and cost, a row per network and setting."""
    accuracy, cost = (_by_place(differences, kind) for kind in (ACCURACY, COST))
    places = dict.fromkeys([*accuracy, *cost])
    return Table(
        title="Accuracy and cost by network and setting",
        columns=[
            Column(name="Network", numeric=False),
            Column(name="Setting", numeric=False),
            *_columns("accuracy", "%", "points"),
            *_columns("MACs", "per image", "%"),
            Column(name="Verdict", numeric=False),
        ],
        rows=[
            [
                text(place[0]),
                text(place[1]),
                *_cells(accuracy.get(place)),
                *_cells(cost.get(place)),
                _verdict(accuracy.get(place), cost.get(place)),
            ]
            for place in places
        ],
        note=INTERVALS,
    )


def robustness_table(differences: Sequence[Difference]) -> Table:
    """Accuracy under attack, a row per network, attack and epsilon."""
    return Table(
        title="Accuracy under attack",
        columns=[
            Column(name="Network", numeric=False),
            Column(name="Attack", numeric=False),
            *_columns("accuracy", "%", "points"),
            Column(name="Verdict", numeric=False),
        ],
        rows=[
            [text(found.network), text(found.where), *_cells(found), _verdict(found)]
            for found in differences
            if found.kind == ROBUST
        ],
        note=INTERVALS,
    )


def times_table(differences: Sequence[Difference]) -> Table:
    """Speed-ups, a row per network, setting and batch size."""
    return Table(
        title="Speed-up over the baseline that was timed beside it",
        columns=[
            Column(name="Network", numeric=False),
            Column(name="Setting", numeric=False),
            Column(name="Batch"),
            *_columns("speed-up", "", "%"),
            Column(name="Verdict", numeric=False),
        ],
        rows=[
            [
                text(found.network),
                text(found.where),
                number(found.batch, str(found.batch)),
                *_cells(found),
                _verdict(found),
            ]
            for found in differences
            if found.kind == TIME
        ],
    )


def _by_place(differences: Sequence[Difference], kind: str) -> dict[tuple[str, str], Difference]:
    return {(found.network, found.where): found for found in differences if found.kind == kind}


def _columns(name: str, unit: str, change: str) -> list[Column]:
    return [
        Column(name=f"A: {name}", unit=unit),
        Column(name=f"B: {name}", unit=unit),
        Column(name="Change", unit=change, tip="From A to B, and its interval."),
    ]


def _cells(found: Difference | None) -> list[Cell]:
    """Both values, and the change with its interval."""
    if found is None:
        return [Cell(text=DASH)] * 3
    ends = "" if is_missing(found.low) or found.low == found.high else f"{signed(found.low)} to {signed(found.high)}"
    return [
        *(number(value, value_text(found.kind, value)) for value in (found.a, found.b)),
        Cell(text=signed(found.change), sub=ends, sort=found.change),
    ]


def value_text(kind: str, value: float) -> str:
    """A share in percent, multiply-accumulates with their unit, or a speed-up."""
    if kind == COST:
        return short_macs(value)
    return f"{value:.2f}" if kind == TIME else percent(value, 2)


def signed(share: float) -> str:
    """A change in points or percent: `+0.10`, `-1.30`, or `0` where there is none."""
    return "0" if share == 0 else f"{100 * share:+.2f}"


def _verdict(*several: Difference | None) -> Cell:
    parts = [f"worse: {found.kind}" for found in several if found and found.worse]
    if not parts and any(found and found.tolerance == float("inf") for found in several):
        parts = ["not judged"]
    return text(", ".join(parts))


def unit_of(kind: str) -> str:
    """Of a change."""
    return "points" if kind in (ACCURACY, ROBUST) else "%"


def number(value: float, written: str) -> Cell:
    """A cell that is sorted by its value."""
    return Cell(text=written, sort=float(value))
