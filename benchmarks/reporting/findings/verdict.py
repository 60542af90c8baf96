"""What a study says, in sentences made from its data by rules, with honest words where intervals overlap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.reporting.drawing.formatting import count, epsilons, is_missing, listing, milliseconds, percent, span
from benchmarks.reporting.evidence import attacks
from benchmarks.reporting.evidence.evidence import Entry, Evidence
from benchmarks.reporting.evidence.methods import BASELINE
from benchmarks.reporting.findings.significance import accuracy_equals, robust_equals

NAMED = 4
"""Most networks that one sentence names."""
ON_PAPER = 0.95
"""Share of the static ResNet's cost below which a network counts as cheaper on paper."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """An answer to a reader's question.

    Attributes:
        question: a few words.
        answer: a network's name, or that there is none.
        entry: the network's slug, or empty.
        detail: the figures behind it, in sentences.
    """

    question: str
    answer: str
    detail: str
    entry: str = ""


def findings(evidence: Evidence) -> list[Finding]:
    """Everything that the measurements at headline settings allow to say."""
    rules: Sequence[Callable[[Evidence], Finding | None]] = (most_accurate, cheapest, fastest, most_robust)
    return [found for rule in rules if (found := rule(evidence)) is not None]


def most_accurate(evidence: Evidence) -> Finding | None:
    """The network with the highest test accuracy, and those that cannot be told apart from it."""
    measured = evidence.having("accuracy")
    if not measured:
        return None
    best = max(measured, key=lambda entry: evidence.value(entry, "accuracy"))
    point = evidence.headlines[best.label]
    kind = f"range over {point['seeds']} seeds" if point["seeds"] > 1 else "95 % interval"
    ends = span(percent(point["accuracy_low"]), percent(point["accuracy_high"]))
    pictures = f"{count(point['samples'])} test pictures"
    equals = [entry.name for entry in accuracy_equals(evidence, best)]
    equality = _equality(equals, len(measured) - 1, pictures, seeds=point["seeds"])
    detail = f"{percent(point['accuracy'])} % of {pictures} ({kind} {ends}). {equality}"
    return _finding("Most accurate", best, detail)


def cheapest(evidence: Evidence) -> Finding | None:
    """Among the most accurate network and its equals, the one with the fewest multiply-accumulates."""
    measured = evidence.having("accuracy")
    if not measured:
        return None
    best = max(measured, key=lambda entry: evidence.value(entry, "accuracy"))
    counted = [e for e in (best, *accuracy_equals(evidence, best)) if e in evidence.having("routed")]
    if not counted:
        return None
    chosen = min(counted, key=lambda entry: evidence.value(entry, "routed"))
    detail = f"{evidence.unit.format(evidence.value(chosen, 'routed'))} {evidence.unit.name} MACs per picture"
    share = evidence.share_of_static(chosen)
    if share is not None:
        detail += f", {percent(share, 0)} % of the static ResNet's"
    if chosen is best:
        detail += ": nothing cheaper keeps up with it."
    else:
        against = " against ".join(percent(evidence.value(entry, "accuracy")) for entry in (chosen, best))
        detail += f", at an accuracy that cannot be told apart from the best ({against} %)."
    return _finding("Cheapest at that accuracy", chosen, detail)


def fastest(evidence: Evidence) -> Finding | None:
    """The highest speed-up over the static ResNet one by one, and what becomes of it in large batches."""
    sizes = evidence.batch_sizes
    others = [entry for entry in evidence.entries if entry.facts.name != BASELINE]
    timed = [entry for entry in others if sizes and entry in evidence.having(f"speedup_{sizes[0]}")]
    if not timed:
        return None
    small, large = sizes[0], sizes[-1]
    best = max(timed, key=lambda entry: evidence.value(entry, f"speedup_{small}"))
    point = evidence.headlines[best.label]
    detail = (
        f"{point[f'speedup_{small}']:.2f} times the speed of the static ResNet beside it at batch {small} "
        f"({milliseconds(point[f'latency_{small}'])} against {milliseconds(point[f'static_{small}'])} ms)"
    )
    if large != small and not is_missing(point[f"speedup_{large}"]):
        detail += f", {point[f'speedup_{large}']:.2f} times at batch {large}"
    paper = _on_paper_only(evidence, small)
    if point[f"latency_{small}_high"] < point[f"static_{small}"]:
        return _finding("Really fastest", best, f"{detail}. {paper}")
    return _finding("Really fastest", None, f"The best, {best.name}: {detail}. {paper}")


def most_robust(evidence: Evidence) -> Finding | None:
    """The highest accuracy under the attack of the headlines, and who cannot be told apart from it."""
    chosen = attacks.benchmark_attack(evidence.attacks)
    if chosen is None:
        return None
    table = evidence.attacks
    at = table[(table["attack"] == chosen[0]) & (table["epsilon"] == chosen[1])]
    rows = {row["entry"]: row for row in at.to_dict("records")}
    attacked = [entry for entry in evidence.entries if entry.label in rows]
    best = max(attacked, key=lambda entry: float(rows[entry.label]["accuracy"]))
    row = rows[best.label]
    ends = span(percent(row["accuracy_low"]), percent(row["accuracy_high"]))
    where = f"{chosen[0]} at ε = {epsilons(table['epsilon'])[chosen[1]]}"
    equals = [entry.name for entry in robust_equals(evidence, best, chosen)]
    pictures = f"{count(row['pictures'])} attacked pictures"
    equality = _equality(equals, len(attacked) - 1, pictures, seeds=row["seeds"])
    detail = f"{percent(row['accuracy'])} % right under {where} ({ends}). {equality}"
    if row["accuracy"] >= 0.5:
        return _finding("Holds under attack", best, detail)
    return _finding("Holds under attack", None, f"The best, {best.name}: {detail}")


def _on_paper_only(evidence: Evidence, size: int) -> str:
    """A sentence on networks that spend fewer multiply-accumulates than the static ResNet and are slower."""
    found = []
    for entry in evidence.having(f"speedup_{size}"):
        share, speedup = evidence.share_of_static(entry), evidence.value(entry, f"speedup_{size}")
        if share is not None and share < ON_PAPER and speedup < 1:
            figures = f"{percent(share, 0)} % of the MACs in {1 / speedup:.2f} times the time"
            found.append((speedup, f"{entry.name} with {figures}"))
    parts = [text for _, text in sorted(found)[:NAMED]]
    parts += [f"{len(found) - NAMED} more"] if len(found) > NAMED else []
    return f"Cheaper on paper only: {listing(parts)}." if parts else ""


def _finding(question: str, entry: Entry | None, detail: str) -> Finding:
    name, slug = (entry.name, entry.slug) if entry else ("None", "")
    return Finding(question=question, answer=name, entry=slug, detail=detail.strip())


def _equality(equals: Sequence[str], others: int, pictures: str, *, seeds: int) -> str:
    if not others:
        return ""
    if not equals and seeds > 1:
        return "No other network reaches that range."
    if not equals:
        return "It is ahead of every other network by more than chance."
    who = listing(equals) if len(equals) <= NAMED else f"{len(equals)} of the {others} others"
    return f"{who} cannot be told apart from it by {pictures}."
