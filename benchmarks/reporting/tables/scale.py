"""Executed units on smaller and on larger images, in numbers."""

from __future__ import annotations

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.means import Estimate
from benchmarks.reporting.findings.scale import AS_IT_IS, zoomed
from benchmarks.reporting.formatting import count, signed
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text

VERDICTS = {True: "yes", False: "no", None: "cannot be told"}


@table("scale", section="routes", order=30)
def scales(evidence: Evidence) -> Table | None:
    """A row per network whose number of executed units varies; None without any."""
    found = zoomed(evidence)
    if not found:
        return None
    rows = [
        [
            text(own.network.name, f"{len(own.network.first.units)} units", network=own.network.slug),
            _units(own.units[own.scales.index(AS_IT_IS)]),
            difference(own.smaller),
            difference(own.larger),
            text(VERDICTS[own.agrees]),
        ]
        for own in found
    ]
    return Table(
        title="Units that run for smaller and for larger images",
        columns=[
            Column(name="Network", numeric=False),
            Column(name="At scale 1", unit="units"),
            Column(name="Smaller", unit="units", tip="Mean over scales below 1, less those of the same images at 1."),
            Column(name="Larger", unit="units", tip="Mean over scales above 1, less those of the same images at 1."),
            Column(name="As in SkipNet’s paper", numeric=False, tip="Fewer for smaller ones and more for larger ones."),
        ],
        rows=rows,
        note=f"Means over {count(found[0].images)} test images with 95 % intervals, those of all differences at once; "
        "bold where one leaves 0 out.",
    )


def _units(mean: Estimate) -> Cell:
    return Cell(text=f"{mean.value:.2f}", sub=f"{mean.low:.2f} to {mean.high:.2f}", sort=mean.value)


def difference(found: Estimate | None, scale: float = 1.0) -> Cell:
    """A difference with its interval below; bold where that leaves 0 out."""
    if found is None:
        return missing("no such scale")
    low, high = (signed(scale * end) for end in (found.low, found.high))
    return Cell(text=signed(scale * found.value), sub=f"{low} to {high}", sort=found.value, best=found.sign != 0)
