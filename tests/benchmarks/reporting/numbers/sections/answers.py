"""The first sentences of the page: what the study answers to its readers' questions."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.reporting.numbers import attacked
from tests.benchmarks.reporting.numbers.comparison import (
    Comparison,
    Difference,
    against_static,
    compared,
    cost,
    curve,
    kinds,
)
from tests.benchmarks.reporting.numbers.records import Network, Study, wilson
from tests.benchmarks.reporting.numbers.saying import Says, joined, listed, listing, says
from tests.benchmarks.reporting.numbers.times import own_time, speedup

NAMED = 4
"""Most networks that one sentence names."""
VERBS = {
    "above": ("beats {}", "beat {}"),
    "below": ("loses to {}", "lose to {}"),
    "open": ("does not differ significantly from {}", "do not differ significantly from {}"),
    "cheaper": ("is cheaper than all of {}", "are cheaper than all of {}"),
    "costlier": ("costs more than all of {}", "cost more than all of {}"),
}


def does_routing_pay(study: Study) -> list[Says]:
    """At equal multiply-accumulates with figures; at other costs, those with the same answer together; and of what."""
    found = [one for one in against_static(study) if one.network.routes_differ]
    each = {kind: [one for one in found if one.curve is curve(study, kind)] for kind in kinds(study)}
    first, *others = each
    alike: dict[frozenset[tuple[str, str]], list[str]] = {}
    for kind in others:
        alike.setdefault(frozenset((one.network.name, one.verdict) for one in each[kind]), []).append(kind)
    sentences = [_sentence(study, [first], each[first], figures=True)]
    sentences += [_sentence(study, several, each[several[0]], figures=False) for several in alike.values()]
    statics = dict.fromkeys(network.name for kind in kinds(study) for network in curve(study, kind).networks)
    return [*sentences, joined(f"The static curve is made of {listing(list(statics))}: … their ", says("{} % …", 95))]


def _sentence(study: Study, several: list[str], found: list[Difference], *, figures: bool) -> Says:
    ordered = sorted(found, key=lambda one: -one.value)
    own = {verdict: [one for one in ordered if one.verdict == verdict] for verdict in VERBS}
    parts = [] if own["above"] else [Says("no network that routes beats static ResNets")]
    for verdict, differences in own.items():
        if differences:
            names = [_named(one, figures=figures and verdict in ("above", "below")) for one in differences]
            verb = VERBS[verdict][len(names) > 1].format("them" if parts else "static ResNets")
            parts.append(joined(listed(names), f" {verb}"))
    costs = listing([curve(study, kind).words for kind in several])
    pieces = [piece for part in parts for piece in ("; ", part)][1:]
    return joined(f"At equal {costs}, ", *pieces, ".")


def _named(one: Difference, *, figures: bool) -> Says:
    if not figures:
        return Says(one.network.name)
    text = f"{one.network.name} ({{}} points, {{}} to {{}})"
    return says(text, 100 * one.value, 100 * one.low, 100 * one.high)


def cards(study: Study) -> list[Says]:
    """What is said of the most accurate, cheapest, fastest and most robust network: its name, and figures."""
    found = compared(study)
    return [*_most_accurate(study, found), *_cheapest(study, found), *_fastest(study, found), *_most_robust(study)]


def _most_accurate(study: Study, found: Comparison) -> list[Says]:
    interval = _interval(found, study, attack=False)
    return [Says(found.best.name), joined(interval, _others(found))]


def _interval(found: Comparison, study: Study, *, attack: bool) -> Says:
    rows = attacked.strongest(study, found.best) if attack else found.best.answers()
    share, low, high = (100 * end for end in wilson(rows))
    name, radius = attacked.headline(study)
    of = joined("attacked images right under ", says(f"{name} at ε = {{}}", radius)) if attack else "test images"
    ends = says("({} % interval {}–{}). ", 95, low, high)
    return joined(says("{} % of {} ", share, len(rows)), of, " ", ends)


def _others(found: Comparison) -> Says:
    """Who does not differ significantly from the best, and what difference would be seen in four of five studies."""
    beside = found.beside(found.best)
    equal = [network.name for network in found.networks if network in set(beside[~beside["differs"]]["one"])]
    if not equal:
        return Says("It is significantly better than every other network.")
    who = Says(listing(equal)) if len(equal) <= NAMED else says("{} of the {} others", len(equal), len(beside))
    verb = "does" if len(equal) == 1 else "do"
    size = float(100 * np.median(beside["visible"]))
    return joined(who, f" {verb} not differ significantly from it; a difference of ", says("{} points …", size))


def _as_accurate(study: Study, found: Comparison) -> list[Network]:
    """The best, and those that are shown to be less than the margin worse."""
    beside = found.beside(found.best)
    close = set(beside[beside["low"] > -study.margin]["one"])
    return [found.best, *(network for network in found.networks if network in close)]


def _cheapest(study: Study, found: Comparison) -> list[Says]:
    best, chosen = found.best, min(_as_accurate(study, found), key=lambda network: network.routed())
    detail = says(f"{{}} {study.unit[0]} MACs per image", chosen.routed() * study.unit[1])
    if not chosen.is_baseline:
        share = 100 * chosen.routed() / chosen.config["baseline"]["macs"]
        detail = joined(detail, says(", {} % of its baseline's", share))
    margin = says("less than {} points worse than", 100 * study.margin)
    if chosen is not best:
        figures = says("{} % against {} %", 100 * found.accuracy[chosen], 100 * found.accuracy[best])
        return [Says(chosen.name), joined(detail, ", shown to be ", margin, " the best (", figures, ").")]
    if all(network.routed() >= best.routed() for network in found.networks):
        return [Says(best.name), joined(detail, ": no network is cheaper.")]
    return [Says("None"), joined("No cheaper network is shown to be ", margin, f" {best.name} (", detail, ").")]


def _fastest(study: Study, found: Comparison) -> list[Says]:
    best, kind = found.best, f"time_{study.sizes[0]}"
    pool = _as_accurate(study, found)
    times = {network: cost(study, network, kind) for network in found.networks}
    chosen = min(pool, key=lambda network: times[network][0])
    close = [n.name for n in pool if n is not chosen and times[n][1] <= times[chosen][2]]
    who = Says(listing(close)) if len(close) <= NAMED else says("{} others", len(close))
    also = joined(" ", who, f" {'is' if len(close) == 1 else 'are'} not clearly slower.") if close else Says("")
    detail = joined(_times(study, chosen), also, _on_paper_only(study))
    if chosen is not best:
        return [Says(chosen.name), detail]
    if all(own[0] >= times[best][0] for own in times.values()):
        return [Says(best.name), joined("No network is faster. ", detail)]
    margin = says("less than {} points worse than", 100 * study.margin)
    return [Says("None"), joined("No faster network is shown to be ", margin, f" {best.name}. ", detail)]


def _times(study: Study, network: Network) -> Says:
    small, large = study.sizes[0], study.sizes[-1]
    own = 1e3 * own_time(network, small, network.first).value / small
    if network.is_baseline:
        return says("{} ms for an image at batch {}.", own, small)
    gains = [speedup(network, size, network.first).value for size in (small, large)]
    text = "{} ms, {} times the speed of its baseline at batch {}, {} times at batch {}."
    return says(text, own, gains[0], small, gains[1], large)


def _on_paper_only(study: Study) -> Says:
    """Networks with less than 95 % of their baseline's cost that are slower than it, the slowest first."""
    size = study.sizes[0]
    rows = [
        (own.value, network.name, network.routed() / network.config["baseline"]["macs"])
        for network in study.networks
        if not network.is_baseline and (own := speedup(network, size, network.first)).verdict == -1
    ]
    slower = sorted(row for row in rows if row[2] < 0.95)
    text = "{} with {{}} % of its MACs in {{}} times its time"
    parts = [says(text.format(name), 100 * share, 1 / gain) for gain, name, share in slower[:NAMED]]
    parts += [says("{} more", len(slower) - NAMED)] if len(slower) > NAMED else []
    return joined(" Cheaper than its baseline on paper only: ", listed(parts), ".") if parts else Says("")


def _most_robust(study: Study) -> list[Says]:
    found = compared(study, attacked=True)
    detail = joined(_interval(found, study, attack=True), _others(found))
    if found.accuracy[found.best] >= 0.5:
        return [Says(found.best.name), detail]
    return [Says("None"), joined(f"The best, {found.best.name}: ", detail)]
