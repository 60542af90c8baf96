"""Rules by which images leave, at equal mean costs."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.exits import exit_answers
from benchmarks.reporting.findings.exits import PATIENCE, SHARES, Compared, compared_rules
from benchmarks.reporting.formatting import count, percent, points
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, text


@table("exit-criteria", section="routes", order=30)
def exit_criteria(evidence: Evidence) -> Table | None:
    """A row per network with early exits and rule; None without such networks."""
    found = [(network, own) for network in evidence.networks if (own := compared_rules(network))]
    if not found:
        return None
    answers = exit_answers(found[0][0])
    images = 0 if answers is None else len(answers.labels)
    columns = [Column(name="Network", numeric=False), Column(name="Leaves by", numeric=False)]
    columns += [Column(name=f"At {percent(share, 0)} %", unit="accuracy, %") for share in SHARES]
    return Table(
        title="Rules by which images leave, at equal mean cost",
        columns=columns,
        rows=[row for network, own in found for row in _rows(evidence, network, own)],
        note="At these shares of the way from the cost of the first exit to that of the last; a rule has one threshold "
        "for all early exits, or a patience. Thresholds are swept on the test images until their mean cost is met, "
        "which looks at no label; between two ways to leave, images are dealt out at random. Below the accuracy: "
        "points beyond the network’s own rule, with 95 % intervals, which hold together for each network; bold where "
        f"they are above 0. {count(images)} test images, first seed. Patience is Zhou et al.’s (2020), who find the "
        f"better trade of accuracy and speed with it; {_verdict([own for _, own in found])}. Confidence is scaled by "
        "one temperature per exit, fitted on validation images.",
    )


def _rows(evidence: Evidence, network: NetworkEvidence, own: Compared) -> list[list[Cell]]:
    rows = []
    for place, name in enumerate(own.rules):
        label = text(name, "the network’s own" if place == 0 else "")
        cells = [_cell(own, name, column) for column in range(len(own.macs))]
        rows.append([text(network.name, network=network.slug), label, *cells])
    return rows


def _cell(own: Compared, name: str, column: int) -> Cell:
    value = float(own.accuracy[name][column])
    if name not in own.difference:
        return Cell(text=percent(value), sort=value)
    difference, low, high = own.difference[name][column]
    sub = f"{points(difference)} ({points(low)} to {points(high)})"
    return Cell(text=percent(value), sub=sub, sort=value, best=bool(low > 0))


def _verdict(several: Sequence[Compared]) -> str:
    """In how many comparisons with networks' own rules patience is better, worse, or neither."""
    ends = [row for own in several for row in own.difference[PATIENCE]]
    better, worse = sum(low > 0 for _, low, _ in ends), sum(high < 0 for *_, high in ends)
    return (
        f"here it is more accurate in {better} of {len(ends)} comparisons, less in {worse}, and in "
        f"{len(ends) - better - worse} that cannot be told"
    )
