"""A comparison in sentences."""

from __future__ import annotations

from benchmarks.comparing.claims import Claim
from benchmarks.comparing.comparison import Comparison
from benchmarks.comparing.difference_tables import signed, unit_of
from benchmarks.comparing.differences import Difference
from benchmarks.comparing.equality import Equality
from benchmarks.comparing.origin_tables import reasons_text
from benchmarks.comparing.times import APART
from benchmarks.reporting.formatting import listing

NAMED = 8
"""Most sentences of one kind."""


def claims_line(comparison: Comparison) -> str:
    """Which conclusions changed, or that none did."""
    changed = comparison.changed_claims
    if not changed:
        return "No claim changed."
    parts = [_changed(claim) for claim in changed]
    return f"{len(changed)} of {len(comparison.claims)} claims changed: {'; '.join(parts)}."


def _changed(claim: Claim) -> str:
    lacking = {"A": claim.b, "B": claim.a}.get(claim.lacking)
    return f"{claim.question}: {claim.b}, was {claim.a}" + (f" ({claim.lacking} has no {lacking})" if lacking else "")


def networks_line(comparison: Comparison) -> str:
    """How many networks were compared, and which could not be."""
    line = f"{_counted(len(comparison.networks), 'network')} in both"
    for name, only in (("A", comparison.only_a), ("B", comparison.only_b)):
        line += f"; only {name} has {listing(only)}" if only else ""
    return f"{line}."


def seeds_line(comparison: Comparison) -> str:
    """How many seeds the studies have, and how many they share."""
    shared = sum(network.same_seeds for network in comparison.networks)
    a, b = (sum(getattr(network, side) for network in comparison.networks) for side in ("seeds_a", "seeds_b"))
    same = f"{shared or 'none'} {'is' if shared < 2 else 'are'} the same"
    line = f"{_counted(a, 'seed')} of these networks in A and {b} in B, of which {same}."
    if any(network.same_seeds == 0 and network.seeds_a == network.seeds_b == 1 for network in comparison.networks):
        line += " One seed each, and another: intervals do not have what training leaves to chance."
    return line


def equality_line(comparison: Comparison) -> str:
    """How much of what the same seeds made is equal, and whether it has to be; empty where no seed is the same."""
    found = comparison.equalities
    if not found:
        return ""
    equal = sum(one.equal for one in found)
    share = f"All {len(found)}" if equal == len(found) else f"{equal} of {len(found)}"
    free = [one for one in found if one.reasons]
    expected = "all of them have to be"
    if free:
        reasons = reasons_text(dict.fromkeys(reason for one in free for reason in one.reasons))
        expected = f"{'they' if len(free) == len(found) else f'{len(free)} of them'} may differ because of {reasons}"
    return f"{share} weights, settings and tables without times of the same seeds are equal; {expected}."


def verdicts(comparison: Comparison) -> list[str]:
    """What is worse beyond its tolerance, and what differs without a reason; or that nothing is."""
    lines = _first([_worse(found) for found in comparison.worse])
    lines += _first([_unexplained(found) for found in comparison.unexplained])
    return lines or ["Nothing is worse beyond its tolerance."]


def _worse(found: Difference) -> str:
    unit = unit_of(found.kind)
    where = f"{found.where}, batch {found.batch}" if found.batch else found.where
    tolerance = f"{100 * found.tolerance:.2f} {unit}, {found.basis}"
    return f"Worse: {found.kind} of {found.network} ({where}) by {signed(found.change)} {unit}; tolerance {tolerance}."


def _unexplained(found: Equality) -> str:
    seed = f", seed {found.repetition + 1}" if found.repetition else ""
    return (
        f"Differs without a reason: {found.what} of {found.network}{seed} ({found.detail}), although seed, data, "
        "recipe, code, options, versions and machine are the same."
    )


def judged_line(comparison: Comparison) -> str:
    """Which times were not judged; empty where all were."""
    apart = {found.network for found in comparison.differences if found.basis == APART}
    if not apart:
        return ""
    return (
        f"Times of {_counted(len(apart), 'network')} come from different machines or versions: speed-ups, each over "
        "the baseline timed beside it, are shown and not judged."
    )


def pairing_line(comparison: Comparison) -> str:
    """Whether changes rest on the same images; empty where all do."""
    apart = {found.network for found in comparison.differences if found.images and not found.paired}
    if not apart:
        return ""
    return f"The test images of {_counted(len(apart), 'network')} are not the same: their changes are not paired."


def _first(lines: list[str]) -> list[str]:
    more = [f"And {len(lines) - NAMED} more."] if len(lines) > NAMED else []
    return [*lines[:NAMED], *more]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
