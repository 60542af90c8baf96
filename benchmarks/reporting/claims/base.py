"""The interface of claims: a plug-in is a function from evidence to what was found, made known by a decorator."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
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
            `verdicts`.
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


def verdicts(evidence: Evidence) -> list[tuple[Claim, Found]]:
    """What a study says of every claim that it can say something of; of one about single seeds, what all seeds say.

    Where seeds disagree it cannot be told, whatever the first one says. Seeds are read one after the other.
    """
    found: list[tuple[Claim, dict[tuple[str, int], list[Found]]]] = [(claim, defaultdict(list)) for claim in claims()]
    for claim, rows in found:
        _gather(rows, claim.test(evidence))
    known = {network.label: network.first.repetition for network in evidence.networks}
    for repetition in evidence.repetitions[1:]:
        seed = evidence.of_seed(repetition)
        for claim, rows in found:
            if claim.each_seed:
                others = (f for f in claim.test(seed) if not f.network or known[f.network.label] != repetition)
                _gather(rows, others)
    return [(claim, _over_seeds(*seeds)) for claim, rows in found for seeds in rows.values()]


def _gather(rows: dict[tuple[str, int], list[Found]], of_seed: Iterable[Found]) -> None:
    """Put what a seed says behind what others said of the same network; of several rows of a network one by one."""
    seen: Counter[str] = Counter()
    for found in of_seed:
        label = found.network.label if found.network else ""
        rows[label, seen[label]].append(found)
        seen[label] += 1


def _over_seeds(first: Found, *others: Found) -> Found:
    if not others:
        return first
    later = [found.verdict for found in others]
    if {*later} == {first.verdict}:
        likewise = "the other seed" if len(later) == 1 else f"{len(later)} other seeds"
        return replace(first, figure=f"{first.figure}; likewise {likewise}")
    said = ", ".join(f"{verdict} ({later.count(verdict)})" for verdict in dict.fromkeys(later))
    figure = f"{first.figure}; the first seed: {first.verdict}; others: {said}"
    return replace(first, figure=figure, verdict="cannot be told")


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
