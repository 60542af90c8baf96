"""What is read from the curves of methods."""

from __future__ import annotations

import math

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.method_curves import (
    SHARES,
    MethodCurve,
    method_curves,
    reference,
    static_accuracy,
)
from benchmarks.reporting.formatting import percent, span
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text


@table("curves", section="worth", order=6)
def curves(evidence: Evidence) -> Table | None:
    """A row per curve: accuracy at shares of the reference's cost, cost of nearly its accuracy, mean accuracy."""
    found, network = method_curves(evidence), reference(evidence)
    if not found:
        return None
    macs = network.first.baseline.macs if network else evidence.networks[0].first.baseline.macs
    margin = evidence.study.margin
    wanted = static_accuracy(evidence) - margin / 100
    columns = [
        Column(name="Curve", numeric=False),
        *(Column(name=f"At {percent(share, 0)} %", unit="accuracy, %") for share in SHARES),
        Column(
            name="MACs" if math.isnan(wanted) else f"MACs for {percent(wanted)} %",
            unit=evidence.unit.name,
            tip=f"To be {margin:g} points below the static reference.",
        ),
        Column(name="Mean", unit="accuracy, %", tip="Area below the curve over the logarithm of MACs, by its width."),
    ]
    return Table(
        title="Accuracy along the curves of methods",
        columns=columns,
        rows=[_row(evidence, curve, macs, wanted) for curve in found],
        note=f"Shares are of the {evidence.unit.format(macs)} {evidence.unit.name} MACs of the reference, "
        f"{network.name if network else evidence.networks[0].first.baseline.network}. A curve joins the settings of "
        "one network, or the headline settings of networks that differ in one parameter, in straight lines over the "
        "logarithm of MACs; it is not read beyond its ends. Settings are chosen on validation data; the curves are of "
        "test accuracy, without intervals: those of single points are in the figure above. Means are over what a curve "
        f"covers of {percent(SHARES[0], 0)} to {percent(SHARES[-1], 0)} %, below them: compare equal ranges only.",
    )


def _row(evidence: Evidence, curve: MethodCurve, macs: float, wanted: float) -> list[Cell]:
    slug = curve.networks[0].slug if curve.networks else ""
    cells = [text(curve.name, f"{len(curve.points)} points, {curve.along}", network=slug, tip=_points(curve))]
    cells += [_accuracy(curve, share * macs) for share in SHARES]
    needed = math.nan if math.isnan(wanted) else curve.macs_for(wanted)
    if math.isnan(needed):
        cells.append(missing("the reference was not trained" if math.isnan(wanted) else "not reached"))
    else:
        cells.append(Cell(text=evidence.unit.format(needed), sub=f"{percent(needed / macs, 0)} %", sort=needed))
    mean, low, high = curve.mean_accuracy(SHARES[0] * macs, SHARES[-1] * macs)
    if math.isnan(mean):
        cells.append(missing("outside the range"))
    else:
        covered = span(percent(low / macs, 0), f"{percent(high / macs, 0)} %")
        cells.append(Cell(text=percent(mean), sub=covered, sort=mean))
    return cells


def _accuracy(curve: MethodCurve, macs: float) -> Cell:
    value = curve.accuracy_at(macs)
    if math.isnan(value):
        return missing("costs more" if macs < curve.ends[0] else "costs less")
    return Cell(text=percent(value), sort=value)


def _points(curve: MethodCurve) -> str:
    return ", ".join(point.name for point in curve.points if point.name)
