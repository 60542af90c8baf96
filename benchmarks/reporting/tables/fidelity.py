"""Sizes of our networks beside those that their papers print."""

from __future__ import annotations

from typing import Any

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.formatting import is_missing
from benchmarks.reporting.sections import PUBLISHED
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text


@table("fidelity", section=PUBLISHED, order=10)
def fidelity(evidence: Evidence) -> Table | None:
    """Printed and counted sizes of the study's methods beside ours; every method once."""
    networks: dict[str, NetworkEvidence] = {}
    for network in evidence.networks:
        if "fidelity" in network.first.measurements:
            networks.setdefault(network.method.name, network)
    rows = [
        _row(network.method.title, row)
        for network in networks.values()
        for row in network.first.measurements["fidelity"].to_dict("records")
    ]
    if not rows:
        return None
    differing = sum(cells[-1].sort != _AGREES for cells in rows)
    columns = [
        Column(name="Method", numeric=False),
        Column(name="Size given by", numeric=False, long=True),
        Column(name="Parameters", unit="M", tip="As printed, or counted on public code."),
        Column(name="Ours", unit="M"),
        Column(name="MACs", unit="M", tip="Nominal, converted to multiply-accumulates."),
        Column(name="Ours", unit="M", tip="Of what the figure counts: all, or convolutions alone."),
        Column(name="Agreement", numeric=False, long=True, tip="To the last digit that the figure has."),
    ]
    return Table(
        title="Sizes, published and ours",
        columns=columns,
        rows=rows,
        note=f"{len(rows) - differing} of {len(rows)} agree to the last printed digit; the others say why not. "
        "Parameters counted on public code agree only if they are equal.",
    )


_AGREES = "agrees"


def _row(title: str, row: dict[Any, Any]) -> list[Cell]:
    return [
        text(title, row["preset"]),
        text(row["source"], row["kind"]),
        _millions(row["parameters"], "not given"),
        _millions(row["our_parameters"]),
        _millions(row["macs"], "not given"),
        _millions(row["our_macs"]),
        text(_AGREES) if row["agrees"] else text("differs", row["differs"] or "the reason is not known"),
    ]


def _millions(value: float, absent: str = "") -> Cell:
    return missing(absent) if is_missing(value) else Cell(text=f"{value / 1e6:,.7g}", sort=float(value))
