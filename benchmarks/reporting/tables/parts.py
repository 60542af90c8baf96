"""What each part of one network is worth."""

from __future__ import annotations

from benchmarks.reporting.claims.base import below
from benchmarks.reporting.claims.lesions import HARDLY, RESIDUAL, ends, first_of_stages, interval
from benchmarks.reporting.evidence.changed import Lesions, lesions_of
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.formatting import count, points
from benchmarks.reporting.tables.base import Column, Table, network_table
from benchmarks.reporting.tables.cells import Cell, text

FOUND = {
    "highway": "Srivastava et al. (2015) found on MNIST that most layers of a highway network can be closed with "
    "little harm, and early ones least",
    "fractalnet": "Larsson et al. (2017) claim that drop-path makes single columns strong",
    "randwire": "Xie et al. (2019) found that a node costs the more the more others it feeds",
}
"""What the method's own paper found."""


@network_table("parts", section="networks", order=40)
def parts(evidence: Evidence, network: NetworkEvidence) -> Table | None:
    """A row per part, in the order of the network; None where nothing was taken out."""
    found = lesions_of(evidence, network)
    if found is None:
        return None
    rows = [
        [
            Cell(text=part.name, sort=float(place)),
            text(part.kind),
            Cell(
                text=points(part.loss.estimate),
                sub=ends(part.loss),
                sort=part.loss.estimate,
                best=part.loss.low > 0,
            ),
        ]
        for place, part in enumerate(found.parts)
    ]
    seeds = f"{found.seeds} seeds" if found.seeds > 1 else "one seed"
    return Table(
        title=f"{network.name} without one part",
        columns=[
            Column(name="Part", numeric=False, tip="In the order of the network."),
            Column(name="Kind", numeric=False),
            Column(name="Lost", unit="points", tip="Accuracy of the whole network less that without the part."),
        ],
        rows=rows,
        note="Nothing is trained again; 95 % intervals that hold together, bold where one is above 0. "
        f"{_finding(network, found)} {count(found.images)} test images, {seeds}.",
    )


def _finding(network: NetworkEvidence, found: Lesions) -> str:
    first, others = first_of_stages(found.parts)
    if first:
        most, least = found.mean_of(first), found.mean_of(others)
        agrees = {
            "holds": "agrees",
            "does not hold": "does not agree",
            "cannot be told": "may agree or not",
        }
        kept = below(least.low, least.high, HARDLY)
        return (
            f"{RESIDUAL}; here the blocks that keep the resolution cost {interval(least)} points on average, which "
            f"{agrees[kept]} (less than {100 * HARDLY:g} would); the others cost {interval(most)}."
        )
    worst = max(found.parts, key=lambda part: part.loss.estimate)
    paper = FOUND.get(network.method.name)
    here = f"{'here' if paper else 'Here'} {worst.name} costs most, {interval(worst.loss)} points"
    return f"{paper}; {here}." if paper else f"{here}."
