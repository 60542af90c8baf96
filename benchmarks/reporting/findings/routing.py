"""The first sentences of the page: which networks that route beat static ResNets of their own cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.findings.detail import NAMED, names_of
from benchmarks.reporting.findings.static_curve import AgainstStatic, Difference, against_static, routing
from benchmarks.reporting.formatting import listing, points

VERBS = {
    "above": ("beats {them}", "beat {them}"),
    "below": ("loses to {them}", "lose to {them}"),
    "open": ("does not differ significantly from {them}", "do not differ significantly from {them}"),
    "cheaper": ("is cheaper than all of {them}", "are cheaper than all of {them}"),
    "costlier": ("costs more than all of {them}", "cost more than all of {them}"),
}
"""What is said of one network and of several, by verdict; the first sentence names the static ResNets."""
JUDGED = ("above", "below")
"""Verdicts that are said with figures."""


@dataclass(frozen=True)
class Statement:
    """What holds at equal cost of one kind.

    Attributes:
        cost: in words.
        winners: the networks that route and beat static ResNets.
        text: a sentence.
    """

    cost: str
    winners: tuple[NetworkEvidence, ...]
    text: str


@dataclass(frozen=True)
class RoutingPays:
    """An answer to the question of the page.

    Attributes:
        statements: by kind of cost, multiply-accumulates first, with figures.
        others: on the other kinds of cost, without figures; kinds at which the same holds share a sentence.
        basis: what was compared, and how.
    """

    statements: tuple[Statement, ...]
    others: tuple[str, ...]
    basis: str


def routing_pays(evidence: Evidence) -> RoutingPays | None:
    """Sentences on the networks that route; None where there is none of them, or no static curve."""
    found, networks = against_static(evidence), routing(evidence)
    if found is None or not networks:
        return None
    each = {curve.cost.words: own for curve in found.curves if (own := found.at(curve, networks))}
    if not each:
        return None
    statements = tuple(_statement(cost, own) for cost, own in each.items())
    return RoutingPays(statements, _together(list(each.items())[1:]), _basis(found))


def _together(each: Sequence[tuple[str, Sequence[Difference]]]) -> tuple[str, ...]:
    """A sentence for all kinds of cost at which every network has the same verdict."""
    alike: dict[frozenset[tuple[str, str]], list[str]] = {}
    first: dict[frozenset[tuple[str, str]], Sequence[Difference]] = {}
    for cost, differences in each:
        verdicts = frozenset((found.network.label, found.verdict) for found in differences)
        alike.setdefault(verdicts, []).append(cost)
        first.setdefault(verdicts, differences)
    return tuple(sentence(listing(own), first[verdicts], figures=False) for verdicts, own in alike.items())


def _statement(cost: str, differences: Sequence[Difference]) -> Statement:
    winners = tuple(found.network for found in differences if found.verdict == "above")
    return Statement(cost, winners, sentence(cost, differences))


def sentence(cost: str, differences: Sequence[Difference], *, figures: bool = True) -> str:
    """What becomes of some networks beside static ResNets of the same cost; figures are points of accuracy."""
    by_verdict = {verdict: [found for found in differences if found.verdict == verdict] for verdict in VERBS}
    parts = [] if by_verdict["above"] else ["no network that routes beats static ResNets"]
    for verdict, own in by_verdict.items():
        if own:
            parts.append(_part(verdict, own, "them" if parts else "static ResNets", figures=figures))
    return f"At equal {cost}, {'; '.join(parts)}."


def _part(verdict: str, differences: Sequence[Difference], them: str, *, figures: bool) -> str:
    who = names_of([found.network for found in differences])
    if figures and verdict in JUDGED and len(differences) <= NAMED:
        who = listing([f"{found.network.name} ({_figures(found)})" for found in differences])
    one, several = VERBS[verdict]
    return f"{who} {(one if len(differences) == 1 else several).format(them=them)}"


def _figures(found: Difference) -> str:
    return f"{points(found.value)} points, {points(found.low)} to {points(found.high)}"


def _basis(found: AgainstStatic) -> str:
    statics = list(dict.fromkeys(network.name for curve in found.curves for network in curve.networks))
    return (
        f"The static curve is made of {listing(statics)}: of the static ResNets, those that no cheaper one equals in "
        "validation accuracy. All differences and their 95 % intervals are in the table below; they hold together."
    )
