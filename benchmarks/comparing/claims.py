"""Which conclusions of two studies' pages are not the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.conclusions import Conclusion, conclusions
from benchmarks.reporting.findings.routing import routing_pays
from benchmarks.reporting.formatting import listing

NOT_ASKED = "not answered"
"""In place of an answer where a study's page does not have the question."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A question that a page answers.

    Attributes:
        question: as the page has it.
        a: the first study's answer.
        b: the second study's answer.
        detail_a: the figures behind the first answer.
        detail_b: the figures behind the second answer.
        changed: whether the answers differ.
        lacking: why they had to: `A` or `B`, which does not have the other's network; else empty.
    """

    question: str
    a: str
    b: str
    detail_a: str
    detail_b: str
    changed: bool
    lacking: str = ""


def claims(a: Evidence, b: Evidence) -> tuple[Claim, ...]:
    """Every question that one of two pages answers, in the order of the first."""
    one, other = _answers(a), _answers(b)
    labels = tuple({network.label for network in evidence.networks} for evidence in (a, b))
    return tuple(_claim(question, one, other, labels) for question in dict.fromkeys([*one, *other]))


def _answers(evidence: Evidence) -> dict[str, tuple[str, Conclusion]]:
    """The conclusions by question, with what is compared: the network's label, which no other network changes."""
    labels = {network.slug: network.label for network in evidence.networks}
    found = {one.question: (labels.get(one.network, one.answer), one) for one in conclusions(evidence)}
    routing = routing_pays(evidence)
    for statement in routing.statements if routing else ():
        question = f"Routing beats static ResNets at equal {statement.cost}"
        answer = listing(sorted(network.label for network in statement.winners)) if statement.winners else "None"
        found[question] = answer, Conclusion(question=question, answer=answer, detail=statement.text)
    return found


def _claim(
    question: str,
    one: Mapping[str, tuple[str, Conclusion]],
    other: Mapping[str, tuple[str, Conclusion]],
    labels: tuple[set[str], ...],
) -> Claim:
    (a, first), (b, second) = one.get(question, ("", None)), other.get(question, ("", None))
    lacking = {"A": b in labels[1] - labels[0], "B": a in labels[0] - labels[1]}
    return Claim(
        question=question,
        a=first.answer if first else NOT_ASKED,
        b=second.answer if second else NOT_ASKED,
        detail_a=first.detail if first else "",
        detail_b=second.detail if second else "",
        changed=a != b,
        lacking=next((study for study, missing in lacking.items() if missing), ""),
    )
