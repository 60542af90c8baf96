"""Whether robust accuracies can be trusted, check by check."""

from __future__ import annotations

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text


@table("trust", section="trust", order=20)
def trust(evidence: Evidence) -> Table | None:
    """Networks x checks, of the first seed; None where none was checked."""
    found = {network.label: network.checks for network in evidence.networks}
    names = list(dict.fromkeys(check.name for checks in found.values() for check in checks))
    if not names:
        return None
    rows = []
    for network in evidence.networks:
        own = {check.name: check for check in found[network.label]}
        cells: list[Cell] = [text(network.name, network=network.slug)]
        for name in names:
            check = own.get(name)
            if check is None:
                cells.append(missing(network.reason("trust")))
            else:
                word, below = ("✓", "") if check.passed else ("fails", check.found)
                cells.append(text(word, below, tip=check.found))
        rows.append(cells)
    return Table(
        title="Accuracy under attack, checked",
        columns=[Column(name="Network", numeric=False), *(Column(name=name, numeric=False) for name in names)],
        rows=rows,
        note="Of the first seed, on the images that were probed. Where a check fails, the robust accuracy is an upper "
        "bound (≤): a better attack may find more. Point at a cell for its numbers.",
    )
