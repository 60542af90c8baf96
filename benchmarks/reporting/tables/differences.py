"""Every network against one of them; on the page a reader chooses which."""

from __future__ import annotations

from typing import Literal

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.pairwise import Aspect, Points, aspects, reference
from benchmarks.reporting.findings.significance import compared
from benchmarks.reporting.formatting import points, significant
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text


@table("differences", section="overview", order=20)
def differences(evidence: Evidence) -> Table | None:
    """A row per network, the reference among them; None where there are not two networks to compare."""
    found, against = aspects(evidence), reference(evidence)
    if not found or against is None:
        return None
    place = evidence.networks.index(against)
    rows = [
        [text(network.name, network=network.slug), *(_cell(aspect, own, place) for aspect in found)]
        for own, network in enumerate(evidence.networks)
    ]
    return Table(
        title=f"Differences from {against.name}",
        columns=[Column(name="Network", numeric=False), *map(_column, found)],
        rows=rows,
        note=_note(evidence),
    )


MAJOR = ("accuracy", "macs", "attacked")
"""Aspects that a phone shows at once."""


def _column(aspect: Aspect) -> Column:
    best: Literal["high", "low"] = "high" if isinstance(aspect, Points) else "low"
    return Column(name=aspect.title, unit=aspect.unit, best=best, minor=aspect.name not in MAJOR)


def _cell(aspect: Aspect, own: int, other: int) -> Cell:
    shares = isinstance(aspect, Points)
    equal, write = (0.0, points) if shares else (1.0, significant)
    if own == other:
        return Cell(text="reference", sort=equal)
    found = aspect.of(own, other)
    if found is None:
        return missing("not comparable")
    value, low, high = found
    ends = "" if low == high else f"{write(low)} to {write(high)}"
    return Cell(text=write(value), sub=ends, sort=value, best=bool(ends) and not low <= equal <= high)


def _note(evidence: Evidence) -> str:
    found = compared(evidence)
    basis = f" {found.basis}" if found else ""
    return (
        "Bold where the 95 % interval leaves out “no difference”. Intervals of accuracies are of paired differences on "
        f"the same images, and hold together for all pairs of networks.{basis} Costs and times are multiples of the "
        "reference’s; costs are counted, so that they have no intervals; times come from processes of their own, on "
        "the scale of the baseline that was timed beside each."
    )
