"""Many networks of one method: which of them stand for the others where a page would be too long otherwise."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.formatting import listing

MANY = 30
"""Networks up to which each of them is shown in detail."""
NAMED = 8
"""Networks up to which a sentence names each of them."""


@lru_cache(maxsize=2)
def detailed(evidence: Evidence) -> tuple[NetworkEvidence, ...]:
    """The networks that are shown one by one: all, or of more than `MANY` those that stand for their method.

    These are the first, which has no parameters where there is such a one, the most accurate, and the cheapest.
    """
    if len(evidence.networks) <= MANY:
        return evidence.networks
    chosen = {network for several in by_method(evidence).values() for network in _standing(evidence, several)}
    return tuple(network for network in evidence.networks if network in chosen)


def by_method(evidence: Evidence) -> dict[str, list[NetworkEvidence]]:
    """The networks of every method by its name, those without parameters first."""
    found: dict[str, list[NetworkEvidence]] = {}
    for network in sorted(evidence.networks, key=lambda network: bool(network.first.parameters)):
        found.setdefault(network.method.name, []).append(network)
    return found


def detail_note(evidence: Evidence) -> str:
    """A sentence that says of which networks details are shown; nothing where it is all of them."""
    shown = len(detailed(evidence))
    if shown == len(evidence.networks):
        return ""
    return (
        f"Plots and details of single networks are of {shown} of {len(evidence.networks)} networks: of every method "
        "the first, the most accurate and the cheapest. Tables have all of them."
    )


def names_of(networks: Sequence[NetworkEvidence]) -> str:
    """Networks in a sentence; of more than `NAMED`, those of one method together: `SkipNet (20 networks)`."""
    if len(networks) <= NAMED:
        return listing([network.name for network in networks])
    counted = Counter(network.method.title for network in networks)
    single = {network.method.title: network.name for network in networks}
    return listing([single[title] if n == 1 else f"{title} ({n} networks)" for title, n in counted.items()])


def _standing(evidence: Evidence, several: list[NetworkEvidence]) -> list[NetworkEvidence]:
    def worth(network: NetworkEvidence, name: str, worst: float) -> float:
        value = evidence.value(network, name)
        return worst if math.isnan(value) else value

    best = max(several, key=lambda network: worth(network, "accuracy", -math.inf))
    cheapest = min(several, key=lambda network: worth(network, "routed", math.inf))
    return [several[0], best, cheapest]
