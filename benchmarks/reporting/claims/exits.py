"""Claims on early exits: what a batch's budget buys, and what going on destroys."""

from __future__ import annotations

from benchmarks.measuring.summaries.intervals import wilson_interval
from benchmarks.reporting.claims.base import Found, above, claim
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.exits import TEST, exit_answers
from benchmarks.reporting.findings.budgeted import budgeted
from benchmarks.reporting.findings.exits import HALF, overthinking
from benchmarks.reporting.formatting import count, percent, points


@claim(
    "budgeted",
    paper="Huang et al. 2018",
    says="Budgeted batches are more accurate than anytime prediction at equal mean cost.",
    order=50,
    each_seed=True,
)
def budgeted_beats_anytime(evidence: Evidence) -> list[Found]:
    """Mean difference over the costs of single exits, paired by image, first seed."""
    rows = []
    for network in evidence.networks:
        found = budgeted(network)
        if found is not None and found.difference is not None:
            value, low, high = found.difference
            text = f"{points(value)} points ({points(low)} to {points(high)}); {count(found.images)} images"
            rows.append(Found(network=network, figure=text, verdict=above(low, high)))
    return rows


@claim(
    "overthinking",
    paper="Kaya et al. 2019",
    says="An earlier exit is right about half or more of the images that the last one gets wrong.",
    order=51,
    each_seed=True,
)
def destructive_overthinking(evidence: Evidence) -> list[Found]:
    """Share of the last exit's errors, with Wilson's interval, first seed."""
    rows = []
    for network in evidence.networks:
        answers = exit_answers(network, TEST)
        if answers is None or len(answers.exits) < 2:
            continue
        found = overthinking(answers)
        if found.wrong:
            low, high = wilson_interval(found.destroyed, found.wrong)
            share = f"{percent(found.destroyed / found.wrong, 0)} % ({percent(low, 0)} to {percent(high, 0)})"
            text = f"{share} of {count(found.wrong)} errors"
            rows.append(Found(network=network, figure=text, verdict=above(low, high, HALF)))
    return rows
