"""What papers claim, and what is found here."""

from __future__ import annotations

from benchmarks.reporting.claims.base import verdicts
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, text

ORDER = {"does not hold": 0, "holds": 1, "cannot be told": 2, "does not apply": 3}


@table("claims", section="routes", order=1)
def paper_claims(evidence: Evidence) -> Table | None:
    """A row per claim and network that the study can say something of; None without any."""
    rows = [
        [
            text(claim.says, claim.paper),
            Cell(
                text=found.verdict,
                sub=f"{found.network.name}: {found.figure}" if found.network else found.figure,
                sort=float(ORDER[found.verdict]),
                network=found.network.slug if found.network else "",
            ),
        ]
        for claim, found in verdicts(evidence)
    ]
    if not rows:
        return None
    return Table(
        title="What papers claim, and what is found here",
        columns=[
            Column(name="Claim", numeric=False, long=True),
            Column(
                name="Here",
                numeric=False,
                long=True,
                tip="By the interval, or p, below it; of small networks on this data set.",
            ),
        ],
        rows=rows,
        note="A claim holds, or does not, where a 95 % interval lies wholly on one side, or p (by permutation) is "
        "below 0.05; otherwise it cannot be told. Each is judged alone: of twenty claims with nothing in them, "
        "one seems to hold or not to. Where no seeds are named the figure is of the first seed that has one; "
        "where seeds disagree it cannot be told. Papers claim it of their own networks and data, mostly larger: "
        "what does not hold here is not refuted there.",
    )
