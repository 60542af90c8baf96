"""Signs at numbers that a reader has to be careful with, and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.precision import half_width, is_noisy
from benchmarks.reporting.findings.provenance import main_timing
from benchmarks.reporting.formatting import percent
from benchmarks.reporting.tables.base import Table
from benchmarks.reporting.tables.cells import Cell, Mark, marked, number

STALE, ELSEWHERE, NOISY = "†", "‡", "§"
MEANINGS = {
    STALE: "stale: made by other code or options than today’s",
    ELSEWHERE: "timed on another machine than most networks",
    NOISY: "known to no better than 5 %",
}
"""Of the signs; `≤` is written before a number that is an upper bound."""


def with_stale(evidence: Evidence, table: Table) -> Table:
    """The table with a sign at the name of every network whose records are stale, and the meanings of its signs."""
    why = {network.slug: network.stale for network in evidence.networks if network.stale}
    rows = [[_stale(row[0], why), *row[1:]] if row else row for row in table.rows]
    signs = {mark.sign for row in rows for cell in row for mark in cell.marks}
    return replace(table, rows=rows, signs={sign: MEANINGS[sign] for sign in MEANINGS if sign in signs})


def timed(
    evidence: Evidence,
    network: NetworkEvidence,
    point: Mapping[str, Any],
    name: str,
    write: Callable[[float], str],
    *,
    reason: str,
) -> Cell:
    """A time or a ratio of times with its interval, and a sign where it is noisy or of another machine.

    Args:
        evidence: of the page.
        network: that was timed.
        point: its row of results.
        name: of the column.
        write: formats the value.
        reason: why it is missing, if it is.
    """
    cell = number(point, name, write, reason=reason, interval=True)
    marks = []
    if (main := main_timing(evidence)) and network.timed_in != main:
        marks.append(Mark(ELSEWHERE, MEANINGS[ELSEWHERE]))
    if is_noisy(point, name):
        marks.append(Mark(NOISY, f"known to ±{percent(half_width(point, name))} %"))
    return marked(cell, *marks)


def _stale(cell: Cell, why: Mapping[str, str]) -> Cell:
    return marked(cell, Mark(STALE, why[cell.network])) if cell.network in why else cell
