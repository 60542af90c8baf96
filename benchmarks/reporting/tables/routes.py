"""The most common routes of a network."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.reporting.evidence import routes
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.formatting import count, percent
from benchmarks.reporting.tables.base import Column, Table, network_table
from benchmarks.reporting.tables.cells import Cell


@network_table("routes", section="routes", order=10)
def common_routes(evidence: Evidence, network: NetworkEvidence) -> Table | None:
    """The five most common routes, headline setting, first seed; None where all routes are equal."""
    table = network.first.headline_answers()
    if table is None or not routes.varies(table):
        return None
    units = network.first.units
    rows = [
        [
            Cell(
                text=routes.route_squares(str(row["route"]), units),
                sort=str(row["route"]),
                tip=_used(str(row["route"]), units),
            ),
            Cell(text=percent(row["share"]), sort=float(row["share"])),
            Cell(text=percent(row["accuracy"]), sort=float(row["accuracy"])),
            Cell(text=evidence.unit.format(row["macs"]), sort=float(row["macs"])),
        ]
        for row in routes.common_routes(table).to_dict("records")
    ]
    return Table(
        title=f"Most common routes of {network.name}",
        columns=[
            Column(name="Route", numeric=False, tip="One square per unit, filled where it runs."),
            Column(name="Images", unit="%"),
            Column(name="Accuracy", unit="%", tip="Of the images that take this route."),
            Column(name="MACs", unit=evidence.unit.name),
        ],
        rows=rows,
        note=f"{count(table['route'].nunique())} distinct routes among {count(len(table))} test images. "
        "Squares are units in their order, filled where they run.",
    )


def _used(route: str, units: Sequence[str]) -> str:
    return ", ".join(unit for digit, unit in zip(route, units, strict=True) if digit == "1")
