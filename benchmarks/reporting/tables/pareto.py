"""Which networks are dominated, and by which."""

from __future__ import annotations

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.pareto import Standing, standings
from benchmarks.reporting.findings.significance import compared
from benchmarks.reporting.findings.static_curve import costs
from benchmarks.reporting.formatting import points
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text


@table("pareto", section="worth", order=5)
def pareto(evidence: Evidence) -> Table | None:
    """Every network at its headline setting: on the front of accuracy over cost, or what dominates it."""
    found = compared(evidence)
    if found is None or len(found.networks) < 2:
        return None
    each = {cost: {one.network: one for one in standings(evidence, found, cost)} for cost in costs(evidence)}
    kinds = [cost for cost, known in each.items() if known]
    if not kinds:
        return None
    columns = [Column(name="Network", numeric=False)]
    columns += [Column(name=f"In {cost.words}", tip="On the front, or dominated by.", numeric=False) for cost in kinds]
    rows = [
        [text(network.name, network=network.slug), *(_cell(each[cost].get(network)) for cost in kinds)]
        for network in found.networks
    ]
    return Table(
        title="Pareto fronts: who is dominated by whom",
        columns=columns,
        rows=rows,
        note="A network is dominated by another that costs no more and is no less accurate, both at their headline "
        "settings; of several the most accurate is named. Below: the difference in accuracy, and the cost as a "
        "multiple of the other's. “Open” differences are not significant: only the cost speaks against the network. "
        "Times are compared as measured, without their intervals.",
    )


def _cell(found: Standing | None) -> Cell:
    if found is None:
        return missing("not measured")
    if found.dominator is None:
        return Cell(text="on the front", sort="", best=True)
    sign = "" if found.significant else ", open"
    return Cell(
        text=found.dominator.name,
        sub=f"{points(found.points)} points{sign}; {found.ratio:.2f} × cost",
        sort=found.dominator.name.lower(),
    )
