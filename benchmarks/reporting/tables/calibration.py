"""How far confidence can be trusted."""

from __future__ import annotations

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.formatting import percent, significant
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import number, text


@table("calibration", section="calibration", order=10)
def calibration(evidence: Evidence) -> Table | None:
    """Accuracy, top-5, calibration error and likelihood at headline settings; None without networks."""
    points = evidence.headlines
    rows = []
    for network in evidence.networks:
        point = points[network.label]
        reason = network.reason("accuracy")
        rows.append(
            [
                text(network.name, network=network.slug),
                text(str(point["setting"])),
                number(point, "accuracy", percent, reason=reason),
                number(point, "top5", percent, reason=reason),
                number(point, "calibration_error", percent, reason=reason),
                number(point, "nll", significant, reason=reason),
            ]
        )
    columns = [
        Column(name="Network", numeric=False),
        Column(name="Setting", numeric=False),
        Column(name="Accuracy", unit="%"),
        Column(name="Top-5", unit="%", tip="The label is among the five most likely answers."),
        Column(
            name="Calibration error",
            unit="points",
            tip="ECE: mean |confidence − accuracy| over 15 equal bins.",
        ),
        Column(name="NLL", unit="nats", tip="Mean negative log-likelihood of the label."),
    ]
    if not rows:
        return None
    return Table(title="Calibration at the headline setting", columns=columns, rows=rows)
