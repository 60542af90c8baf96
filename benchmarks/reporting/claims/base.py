"""The interface of claims: a plug-in is a function from evidence to what was found, made known by a decorator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
    """

    name: str
    paper: str
    says: str
    order: int
    test: Test


CLAIMS: Registry[Claim] = Registry("claim", "benchmarks.reporting.claims")
"""Every claim that a page can test."""


def claim(name: str, *, paper: str, says: str, order: int = LAST) -> Callable[[Test], Test]:
    """Decorator that makes a function the test of a paper's claim.

    Args:
        name: see `Claim`, as are paper, says and order.
        paper: see there.
        says: see there.
        order: see there.

    Raises:
        ValueError: the name is taken.
    """

    def decorate(test: Test) -> Test:
        CLAIMS.add(name, Claim(name=name, paper=paper, says=says, order=order, test=test), origin_of(test))
        return test

    return decorate


def claims() -> list[Claim]:
    """All claims in their order."""
    return sorted(CLAIMS, key=lambda found: (found.order, found.name))


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
