"""The interface of claims: a plug-in is a function from evidence to what was found, made known by a decorator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.formatting import signed
from benchmarks.statistics import ALPHA, Numbers, rank_correlation
from zoo.plugins import Registry, origin_of

Verdict = Literal["holds", "does not hold", "cannot be told", "does not apply"]
LAST = 1000


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a study says of a claim.

    Attributes:
        network: of which; None where it is about several.
        figure: the number behind the verdict, with its interval or p, and of how many images, units or pairs it is.
        verdict: whether the claim holds here.
    """

    network: NetworkEvidence | None
    figure: str
    verdict: Verdict


Test = Callable[[Evidence], Sequence[Found]]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A paper's claim.

    Attributes:
        name: unique; letters, digits and dashes.
        paper: authors and year.
        says: the claim, as a sentence.
        order: its place in the table.
        test: what a study says of it; nothing where it has not the networks or measurements.
        each_seed: whether the test looks at the first seed of a network only, so that it is made of every seed, see
            `found_by`.
    """

    name: str
    paper: str
    says: str
    order: int
    test: Test
    each_seed: bool = False


CLAIMS: Registry[Claim] = Registry("claim", "benchmarks.reporting.claims")
"""Every claim that a page can test."""


def claim(name: str, *, paper: str, says: str, order: int = LAST, each_seed: bool = False) -> Callable[[Test], Test]:
    """Decorator that makes a function the test of a paper's claim.

    Args:
        name: see `Claim`, as are paper, says and order.
        paper: see there.
        says: see there.
        order: see there.
        each_seed: see there.

    Raises:
        ValueError: the name is taken.
    """

    def decorate(test: Test) -> Test:
        made = Claim(name=name, paper=paper, says=says, order=order, test=test, each_seed=each_seed)
        CLAIMS.add(name, made, origin_of(test))
        return test

    return decorate


def claims() -> list[Claim]:
    """All claims in their order."""
    return sorted(CLAIMS, key=lambda found: (found.order, found.name))


def found_by(claim: Claim, evidence: Evidence) -> list[Found]:
    """What a study says of a claim; of one that is about single seeds, what all of a network's seeds say.

    Where seeds disagree it cannot be told, whatever the first one says.
    """
    first = list(claim.test(evidence))
    if not claim.each_seed:
        return first
    later: dict[str, list[Verdict]] = {}
    for seed in evidence.later_seeds:
        for found in claim.test(seed):
            if found.network:
                later.setdefault(found.network.label, []).append(found.verdict)
    return [_over_seeds(found, later.get(found.network.label, [])) if found.network else found for found in first]


def _over_seeds(found: Found, later: Sequence[Verdict]) -> Found:
    if not later:
        return found
    if {*later} == {found.verdict}:
        others = "the other seed" if len(later) == 1 else f"{len(later)} other seeds"
        return replace(found, figure=f"{found.figure}; likewise {others}")
    said = ", ".join(f"{verdict} ({later.count(verdict)})" for verdict in dict.fromkeys(later))
    figure = f"{found.figure}; the first seed: {found.verdict}; others: {said}"
    return replace(found, figure=figure, verdict="cannot be told")


def parameter(network: NetworkEvidence, name: str) -> Any:
    """A parameter that a network was built with: its own, its preset's, or else the constructor's default.

    Raises:
        KeyError: its method has no such parameter, or is not known to this version of the suite.
    """
    return {**network.method.defaults, **network.first.resolved}[name]


def above(low: float, high: float, bound: float = 0.0) -> Verdict:
    """Whether a value lies above a bound, by its interval."""
    if low > bound:
        return "holds"
    return "does not hold" if high < bound else "cannot be told"


def below(low: float, high: float, bound: float) -> Verdict:
    """Whether a value lies below a bound, by its interval."""
    return above(-high, -low, -bound)


def correlated(network: NetworkEvidence, x: Numbers, y: Numbers, of: str, *, rises: bool = True) -> Found:
    """Whether two lists of a network, such as a value per layer, rise together, or one falls with the other.

    Args:
        network: whose.
        x: (N,), with two values at least.
        y: (N,), likewise.
        of: what they are of, after their number; in the plural.
        rises: whether they are said to rise together.
    """
    correlation, p = rank_correlation(x, y)
    verdict: Verdict = "cannot be told" if p >= ALPHA else "holds" if (correlation > 0) == rises else "does not hold"
    figure = f"rank correlation {signed(correlation)}, p {p:.2g}; {len(x)} {of}"
    return Found(network=network, figure=figure, verdict=verdict)
