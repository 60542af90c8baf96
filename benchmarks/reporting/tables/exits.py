"""What every exit of a network knows, and what a network would be that left at the right one."""

from __future__ import annotations

from benchmarks.measuring.summaries.intervals import wilson_interval
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.exits import ExitAnswers, exit_answers
from benchmarks.reporting.findings.exits import HALF, Overthinking, overthinking
from benchmarks.reporting.formatting import count, percent, span
from benchmarks.reporting.tables.base import Column, Table, network_table
from benchmarks.reporting.tables.cells import Cell, missing


@network_table("exits", section="routes", order=20)
def exits(evidence: Evidence, network: NetworkEvidence) -> Table | None:
    """A row per exit and one for the oracle, first seed; None for networks without early exits."""
    answers = exit_answers(network)
    if answers is None or len(answers.exits) < 2:
        return None
    found = overthinking(answers)
    rows = [_row(evidence, answers, place) for place in range(len(answers.exits))]
    oracle = round(found.oracle * found.images)
    rows.append(
        [
            Cell(text="oracle", sort=float(len(rows))),
            Cell(text=evidence.unit.format(found.oracle_macs), sort=found.oracle_macs),
            share(oracle, found.images),
            missing(""),
            missing(""),
        ]
    )
    return Table(
        title=f"Exits of {network.name}",
        columns=[
            Column(name="Exit", numeric=False),
            Column(name="MACs", unit=evidence.unit.name, tip="Of an image that leaves here, earlier heads included."),
            Column(name="Accuracy", unit="%", tip="Of all test images, whether or not they come so far."),
            Column(name="As the last", unit="%", tip="Images to which it gives the last exit's answer."),
            Column(name="Right, last wrong", unit="%", tip="Images that it gets right and the last exit does not."),
        ],
        rows=rows,
        note=f"{count(found.images)} test images, first seed, with 95 % intervals (Wilson). The oracle leaves at the "
        "first exit that is right, and at the very first where none is: no rule to leave is more accurate with these "
        f"exits, and none as accurate is cheaper. {_overthinking(found)}",
    )


def share(several: int, images: int) -> Cell:
    """A share of images in percent, with its interval."""
    value = several / images
    low, high = wilson_interval(several, images)
    return Cell(text=percent(value), sub=span(percent(low), percent(high)), sort=value)


def _row(evidence: Evidence, answers: ExitAnswers, place: int) -> list[Cell]:
    right, images = answers.right, len(answers.labels)
    macs = float(answers.macs[place])
    cells = [
        Cell(text=answers.exits[place], sort=float(place)),
        Cell(text=evidence.unit.format(macs), sort=macs),
        share(int(right[:, place].sum()), images),
    ]
    if place == len(answers.exits) - 1:
        return [*cells, missing("the last"), missing("the last")]
    same = answers.predictions[:, place] == answers.predictions[:, -1]
    return [*cells, share(int(same.sum()), images), share(int((right[:, place] & ~right[:, -1]).sum()), images)]


def _overthinking(found: Overthinking) -> str:
    """Sentences on what the last exit destroys and what it wastes."""
    low, high = wilson_interval(found.wasted, found.images)
    wasted = (
        f"Of all images, {percent(found.wasted / found.images)} % ({percent(low)} to {percent(high)}) are right at an "
        "earlier exit and at the last one: going on wastes computation."
    )
    if not found.wrong:
        return f"The last exit errs about none of them. {wasted}"
    low, high = wilson_interval(found.destroyed, found.wrong)
    verdict = "it is more" if low > HALF else "it is less" if high < HALF else "these images do not contradict that"
    return (
        f"Of the {count(found.wrong)} images that the last exit gets wrong, an earlier one is right about "
        f"{percent(found.destroyed / found.wrong, 0)} % ({percent(low, 0)} to {percent(high, 0)}). Kaya et al. (2019) "
        f"call that destructive overthinking and find it in {percent(HALF, 0)} % of the errors; here {verdict}. "
        f"{wasted}"
    )
