"""What a study shows, in sentences made from its data by rules; they say so where intervals overlap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.robustness import headline_attack
from benchmarks.reporting.findings.significance import indistinguishable_in_accuracy, indistinguishable_under_attack
from benchmarks.reporting.formatting import count, epsilons, is_missing, listing, milliseconds, percent, span

NAMED = 4
"""Most networks that one sentence names."""
ON_PAPER = 0.95
"""Share of the baseline's cost below which a network counts as cheaper on paper."""


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """An answer to a reader's question.

    Attributes:
        question: a few words.
        answer: a network's name, or that there is none.
        network: the network's slug, or empty.
        detail: the figures behind it, in sentences.
    """

    question: str
    answer: str
    detail: str
    network: str = ""


def conclusions(evidence: Evidence) -> list[Conclusion]:
    """All conclusions that the measurements at headline settings support."""
    rules: Sequence[Callable[[Evidence], Conclusion | None]] = (most_accurate, cheapest, fastest, most_robust)
    return [found for rule in rules if (found := rule(evidence)) is not None]


def most_accurate(evidence: Evidence) -> Conclusion | None:
    """The network with the highest test accuracy, and those that do not differ significantly from it."""
    measured = evidence.measured("accuracy")
    if not measured:
        return None
    best = max(measured, key=lambda network: evidence.value(network, "accuracy"))
    point = evidence.headlines[best.label]
    kind = f"range over {point['seeds']} seeds" if point["seeds"] > 1 else "95 % interval"
    ends = span(percent(point["accuracy_low"]), percent(point["accuracy_high"]))
    images = f"{count(point['samples'])} test images"
    equals = [network.name for network in indistinguishable_in_accuracy(evidence, best)]
    comparison = _comparison(equals, len(measured) - 1, images, seeds=point["seeds"])
    detail = f"{percent(point['accuracy'])} % of {images} ({kind} {ends}). {comparison}"
    return _conclusion("Most accurate", best, detail)


def cheapest(evidence: Evidence) -> Conclusion | None:
    """Among the most accurate network and its equals, the one with the fewest multiply-accumulates."""
    measured = evidence.measured("accuracy")
    if not measured:
        return None
    best = max(measured, key=lambda network: evidence.value(network, "accuracy"))
    counted = [e for e in (best, *indistinguishable_in_accuracy(evidence, best)) if e in evidence.measured("routed")]
    if not counted:
        return None
    chosen = min(counted, key=lambda network: evidence.value(network, "routed"))
    detail = f"{evidence.unit.format(evidence.value(chosen, 'routed'))} {evidence.unit.name} MACs per image"
    share = evidence.share_of_baseline(chosen)
    if share is not None:
        detail += f", {percent(share, 0)} % of its baseline's"
    if chosen is best:
        detail += ": no cheaper network is as accurate."
    else:
        against = " against ".join(percent(evidence.value(network, "accuracy")) for network in (chosen, best))
        detail += f", at an accuracy that does not differ significantly from the best ({against} %)."
    return _conclusion("Cheapest at that accuracy", chosen, detail)


def fastest(evidence: Evidence) -> Conclusion | None:
    """The highest speed-up over the baseline at the smallest batch, and the one at the largest."""
    sizes = evidence.batch_sizes
    others = [network for network in evidence.networks if network.method.place is not None]
    timed = [network for network in others if sizes and network in evidence.measured(f"speedup_{sizes[0]}")]
    if not timed:
        return None
    small, large = sizes[0], sizes[-1]
    best = max(timed, key=lambda network: evidence.value(network, f"speedup_{small}"))
    point = evidence.headlines[best.label]
    detail = (
        f"{point[f'speedup_{small}']:.2f} times the speed of its baseline at batch {small} "
        f"({milliseconds(point[f'latency_{small}'])} against {milliseconds(point[f'static_{small}'])} ms)"
    )
    if large != small and not is_missing(point[f"speedup_{large}"]):
        detail += f", {point[f'speedup_{large}']:.2f} times at batch {large}"
    paper = _on_paper_only(evidence, small)
    if point[f"faster_{small}"] == 1:
        return _conclusion("Really fastest", best, f"{detail}. {paper}")
    return _conclusion("Really fastest", None, f"The best, {best.name}: {detail}. {paper}")


def most_robust(evidence: Evidence) -> Conclusion | None:
    """The highest accuracy under the attack of the headlines, and what does not differ significantly from it."""
    chosen = headline_attack(evidence.robustness)
    if chosen is None:
        return None
    table = evidence.robustness
    at = table[(table["attack"] == chosen[0]) & (table["epsilon"] == chosen[1])]
    rows = {row["network"]: row for row in at.to_dict("records")}
    attacked = [network for network in evidence.networks if network.label in rows]
    best = max(attacked, key=lambda network: float(rows[network.label]["accuracy"]))
    row = rows[best.label]
    ends = span(percent(row["accuracy_low"]), percent(row["accuracy_high"]))
    where = f"{chosen[0]} at ε = {epsilons(table['epsilon'])[chosen[1]]}"
    equals = [network.name for network in indistinguishable_under_attack(evidence, best, chosen)]
    images = f"{count(row['images'])} attacked images"
    comparison = _comparison(equals, len(attacked) - 1, images, seeds=row["seeds"])
    detail = f"{percent(row['accuracy'])} % right under {where} ({ends}). {comparison}"
    if row["accuracy"] >= 0.5:
        return _conclusion("Robust under attack", best, detail)
    return _conclusion("Robust under attack", None, f"The best, {best.name}: {detail}")


def _on_paper_only(evidence: Evidence, size: int) -> str:
    """A sentence on networks that spend fewer multiply-accumulates than their baseline and are slower by the rule."""
    found = []
    for network in evidence.measured(f"speedup_{size}"):
        share, speedup = evidence.share_of_baseline(network), evidence.value(network, f"speedup_{size}")
        if share is not None and share < ON_PAPER and evidence.value(network, f"faster_{size}") == -1:
            figures = f"{percent(share, 0)} % of the MACs in {1 / speedup:.2f} times the time"
            found.append((speedup, f"{network.name} with {figures}"))
    parts = [text for _, text in sorted(found)[:NAMED]]
    parts += [f"{len(found) - NAMED} more"] if len(found) > NAMED else []
    return f"Cheaper on paper only: {listing(parts)}." if parts else ""


def _conclusion(question: str, network: NetworkEvidence | None, detail: str) -> Conclusion:
    name, slug = (network.name, network.slug) if network else ("None", "")
    return Conclusion(question=question, answer=name, network=slug, detail=detail.strip())


def _comparison(equals: Sequence[str], others: int, images: str, *, seeds: int) -> str:
    if not others:
        return ""
    if not equals and seeds > 1:
        return "No other network reaches that range."
    if not equals:
        return "It is significantly better than every other network."
    who = listing(equals) if len(equals) <= NAMED else f"{len(equals)} of the {others} others"
    return f"{who} do not differ significantly from it on {images}."
