"""The four costs, and two other counters beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.findings.timing import twins_note
from benchmarks.reporting.formatting import is_missing, milliseconds
from benchmarks.reporting.tables.base import Column, NoData, Table, table
from benchmarks.reporting.tables.cells import Cell, number, text


@table("costs", section="worth", order=10)
def costs(evidence: Evidence) -> Table:
    """Every network and setting: nominal, routed, executed, two counters, seconds at every batch size."""
    by_label = {network.label: network for network in evidence.networks}
    rows = [
        _row(evidence, by_label[str(point["network"])], {str(key): value for key, value in point.items()})
        for point in evidence.results.to_dict("records")
    ]
    if not rows:
        raise NoData("No network has been trained yet.")
    unit = f"{evidence.unit.name} MACs"
    columns = [
        Column(name="Network", numeric=False),
        Column(name="Setting", numeric=False),
        Column(name="Nominal", unit=unit, tip="Every unit runs once."),
        Column(
            name="Routed",
            unit=unit,
            tip="What the route asks for, gates and exit heads included; test-set mean.",
        ),
        Column(name="Executed", unit=unit, tip="What ran, counted operation by operation; test-set mean."),
        Column(
            name="fvcore",
            unit=unit,
            tip="Another counter of the nominal graph, and its deviation from nominal.",
        ),
        Column(
            name="ptflops",
            unit=unit,
            tip="Another counter of the nominal graph, and its deviation from nominal.",
        ),
    ]
    for size in evidence.batch_sizes:
        columns.append(Column(name="Time", unit=f"ms, batch {size}", tip="Mean per image; 95 % interval."))
        columns.append(
            Column(
                name="Realised",
                unit=f"batch {size}",
                tip=f"Realised speed-up at batch {size}: 1 is every saved MAC in time; 95 % interval.",
            )
        )
    return Table(
        title="Four costs of every network and setting",
        columns=columns,
        rows=rows,
        note="Routed equal to executed means that nothing was computed that the route did not ask for. Below "
        "fvcore and ptflops: deviation from nominal, in %." + twins_note(evidence),
    )


def _row(evidence: Evidence, network: NetworkEvidence, point: Mapping[str, Any]) -> list[Cell]:
    reason = network.reason("cost")
    macs = evidence.unit.format
    cells = [
        text(network.name, network=network.slug),
        text(str(point["setting"]), "headline" if point["headline"] else "", tip=str(point["note"])),
        *(number(point, name, macs, reason=reason) for name in ("nominal", "routed", "executed")),
        *(_counter(evidence, network, point, name) for name in ("fvcore", "ptflops")),
    ]
    for size in evidence.batch_sizes:
        untimed = network.reason("latency")
        cells.append(number(point, f"latency_{size}", milliseconds, reason=untimed, interval=True))
        cells.append(number(point, f"realised_{size}", lambda value: f"{value:.2f}", reason=untimed, interval=True))
    return cells


def _counter(evidence: Evidence, network: NetworkEvidence, point: Mapping[str, Any], name: str) -> Cell:
    cell = number(point, name, evidence.unit.format, reason=network.reason("cost"))
    if cell.missing or is_missing(point["nominal"]):
        return cell
    return Cell(text=cell.text, sub=deviation(point[name] / point["nominal"] - 1), sort=cell.sort)


def deviation(share: float) -> str:
    """A relative difference in %, with its sign: `±0`, `+0.002 %`, `−3.1 %`."""
    if share == 0:
        return "±0 %"
    size = abs(100 * share)
    written = f"{size:.1f}" if size >= 0.1 else f"{size:.1g}" if size >= 1e-4 else "<0.0001"
    return f"{'+' if share > 0 else '−'}{written} %"
