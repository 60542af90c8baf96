"""What a study shows, in sentences made from its data by rules; they say so where intervals overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.times import relative_time
from benchmarks.reporting.findings.significance import NAMED, Comparison, compared
from benchmarks.reporting.formatting import count, epsilons, is_missing, listing, milliseconds, percent, span

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
    clean = compared(evidence)
    of_accuracy = [most_accurate(clean), cheapest(evidence, clean), fastest(evidence, clean)] if clean else []
    return [found for found in (*of_accuracy, most_robust(evidence)) if found is not None]


def most_accurate(found: Comparison) -> Conclusion:
    """The network with the highest test accuracy, and those that do not differ significantly from it."""
    best = found.best
    images = f"{count(found.model.components.images)} test images"
    detail = f"{_accuracy(found, best)} of {images} ({_interval(found, best)}). {_comparison(found)}"
    return _conclusion("Most accurate", best, detail)


def cheapest(evidence: Evidence, found: Comparison) -> Conclusion | None:
    """The network with the fewest multiply-accumulates that is shown to be about as accurate as the best one."""
    best, margin = found.best, f"{evidence.study.margin:g} points"
    counted = evidence.measured("routed")
    pool = [network for network in (best, *found.no_worse(best, evidence.study.margin / 100)) if network in counted]
    if not pool:
        return None
    chosen = min(pool, key=lambda network: evidence.value(network, "routed"))
    detail = f"{evidence.unit.format(evidence.value(chosen, 'routed'))} {evidence.unit.name} MACs per image"
    share = evidence.share_of_baseline(chosen)
    if share is not None:
        detail += f", {percent(share, 0)} % of its baseline's"
    if chosen is not best:
        against = f"{_accuracy(found, chosen)} against {_accuracy(found, best)}"
        return _conclusion(
            "Cheapest at that accuracy",
            chosen,
            f"{detail}, shown to be less than {margin} worse than the best ({against}).",
        )
    if not any(evidence.value(network, "routed") < evidence.value(best, "routed") for network in counted):
        return _conclusion("Cheapest at that accuracy", best, f"{detail}: no network is cheaper.")
    shown = f"No cheaper network is shown to be less than {margin} worse than {best.name} ({detail})."
    return _conclusion("Cheapest at that accuracy", None, shown)


def fastest(evidence: Evidence, found: Comparison) -> Conclusion | None:
    """The network with the shortest time of an image that is shown to be about as accurate as the best one.

    Static networks take part. Those that are not clearly slower are named beside it.
    """
    question, margin = "Fastest at that accuracy", f"{evidence.study.margin:g} points"
    sizes = evidence.batch_sizes
    timed = evidence.measured(f"speedup_{sizes[0]}") if sizes else []
    pool = [n for n in (found.best, *found.no_worse(found.best, evidence.study.margin / 100)) if n in timed]
    if not pool:
        return None
    times = {network: relative_time(evidence, network, sizes[0]) for network in timed}
    chosen = min(pool, key=lambda network: times[network][0])
    detail = f"{_times(evidence, chosen)}{_about_as_fast(chosen, pool, times)} {_on_paper_only(evidence, sizes[0])}"
    if chosen is not found.best:
        return _conclusion(question, chosen, detail)
    if all(times[network][0] >= times[chosen][0] for network in timed):
        return _conclusion(question, chosen, f"No network is faster. {detail}")
    shown = f"No faster network is shown to be less than {margin} worse than {chosen.name}. {detail}"
    return _conclusion(question, None, shown)


def _times(evidence: Evidence, network: NetworkEvidence) -> str:
    """A sentence on the network's times at the smallest and the largest batch."""
    point, sizes = evidence.headlines[network.label], evidence.batch_sizes
    own = f"{milliseconds(point[f'latency_{sizes[0]}'])} ms"
    if network.is_baseline:
        return f"{own} for an image at batch {sizes[0]}."
    text = f"{own}, {point[f'speedup_{sizes[0]}']:.2f} times the speed of its baseline at batch {sizes[0]}"
    if len(sizes) > 1 and not is_missing(point[f"speedup_{sizes[-1]}"]):
        text += f", {point[f'speedup_{sizes[-1]}']:.2f} times at batch {sizes[-1]}"
    return f"{text}."


def _about_as_fast(
    chosen: NetworkEvidence,
    pool: Sequence[NetworkEvidence],
    times: Mapping[NetworkEvidence, tuple[float, float, float]],
) -> str:
    """A sentence on the others of a pool whose intervals of time overlap with the chosen network's."""
    close = [n.name for n in pool if n is not chosen and times[n][1] <= times[chosen][2]]
    if not close:
        return ""
    who = listing(close) if len(close) <= NAMED else f"{len(close)} others"
    return f" {who} {'is' if len(close) == 1 else 'are'} not clearly slower."


def most_robust(evidence: Evidence) -> Conclusion | None:
    """The highest accuracy under the attack of the headlines, and what does not differ significantly from it."""
    chosen = evidence.headline_attack
    found = compared(evidence, *chosen) if chosen else None
    if chosen is None or found is None:
        return None
    best = found.best
    where = f"{chosen[0]} at ε = {epsilons(evidence.robustness['epsilon'])[chosen[1]]}"
    images = f"{count(found.model.components.images)} attacked images"
    detail = (
        f"{_accuracy(found, best)} of {images} right under {where} ({_interval(found, best)}). {_comparison(found)}"
    )
    if found.accuracy(best) >= 0.5:
        return _conclusion("Robust under attack", best, detail)
    return _conclusion("Robust under attack", None, f"The best, {best.name}: {detail}")


def _on_paper_only(evidence: Evidence, size: int) -> str:
    """A sentence on networks that spend fewer multiply-accumulates than their baseline and are slower by the rule."""
    found = []
    for network in evidence.measured(f"speedup_{size}"):
        share, speedup = evidence.share_of_baseline(network), evidence.value(network, f"speedup_{size}")
        if share is not None and share < ON_PAPER and evidence.value(network, f"faster_{size}") == -1:
            figures = f"{percent(share, 0)} % of its MACs in {1 / speedup:.2f} times its time"
            found.append((speedup, f"{network.name} with {figures}"))
    parts = [text for _, text in sorted(found)[:NAMED]]
    parts += [f"{len(found) - NAMED} more"] if len(found) > NAMED else []
    return f"Cheaper than its baseline on paper only: {listing(parts)}." if parts else ""


def _conclusion(question: str, network: NetworkEvidence | None, detail: str) -> Conclusion:
    name, slug = (network.name, network.slug) if network else ("None", "")
    return Conclusion(question=question, answer=name, network=slug, detail=detail.strip())


def _accuracy(found: Comparison, network: NetworkEvidence) -> str:
    return f"{percent(found.accuracy(network))} %"


def _interval(found: Comparison, network: NetworkEvidence) -> str:
    seeds = found.seeds(network)
    over = f" over {seeds} seeds" if seeds > 1 else ""
    return f"95 % interval{over} {span(*(percent(end) for end in found.interval(network)))}"


def _comparison(found: Comparison) -> str:
    """What differs significantly from the best, and how large a difference had to be to be found."""
    others = len(found.networks) - 1
    if not others:
        return ""
    equals = [network.name for network in found.indistinguishable(found.best)]
    if not equals:
        return "It is significantly better than every other network."
    who = listing(equals) if len(equals) <= NAMED else f"{len(equals)} of the {others} others"
    verb = "does" if len(equals) == 1 else "do"
    size = f"{100 * found.visible(found.best):.1f}"
    return f"{who} {verb} not differ significantly from it; a difference of {size} points would probably be found."
