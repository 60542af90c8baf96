"""A drawing of every network's units, each in the colour of the share of images that used it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import networkx as nx
import pandas as pd
from markupsafe import Markup

from benchmarks.measuring.attacks.contract import WORST
from benchmarks.reporting.evidence import routes
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.slowdown import COST
from benchmarks.reporting.findings.detail import detailed
from benchmarks.reporting.formatting import epsilons, short_macs

INPUT, OUTPUT = "input", "output"
"""Ends of the table `wiring`."""
ALL = "all test images"
"""The images whose shares are shown first."""
WIDTH, LANE = 860, 52
"""Pixels across, and between units that lie side by side."""
STEP = (13.0, 66.0)
"""Pixels from one unit to the next: at least and at most."""
MOST_WAYS = 80
"""Connections beside the shortest ones that are drawn at most: where there are more, none is."""
DARK = 70
"""Percent from which on the text of a unit is light."""


@dataclass(frozen=True)
class Drawn:
    """A network's graph as SVG, and whether its images take different routes."""

    network: NetworkEvidence
    svg: Markup
    varies: bool


@dataclass(frozen=True)
class Place:
    """The middle of a unit in the drawing, pixels."""

    x: float
    y: float


def graphs(evidence: Evidence) -> list[Drawn]:
    """Drawings of all networks whose connections and answers are known, those with several routes first."""
    found = []
    for network in detailed(evidence):
        edges, answers = network.first.measurements.get("wiring"), network.first.headline_answers()
        if edges is None or answers is None or edges.empty:
            continue
        graph = nx.DiGraph(list(edges.itertuples(index=False, name=None)))
        if nx.is_directed_acyclic_graph(graph):  # a unit that runs again and again has no place from left to right
            found.append(Drawn(network, _draw(evidence, network, graph), routes.varies(answers)))
    return sorted(found, key=lambda drawn: not drawn.varies)


def shares(evidence: Evidence, network: NetworkEvidence) -> dict[str, list[int]]:
    """Percent of images that used each unit, first seed: of all, of a class, under attack at the headline radius."""
    answers = network.first.headline_answers()
    if answers is None:
        return {}
    units = network.first.units
    groups = {ALL: answers["route"]}
    for goal, name in ((WORST, "under attack"), (COST, "under the slowdown attack")):
        if attacked := _attacked(evidence, network, goal):
            groups[f"{name}, ε {attacked[0]}"] = attacked[1]
    if routes.varies(answers):
        groups |= {f"class {label}": own for label, own in answers["route"].groupby(answers["label"])}
    return {name: _percent(own, len(units)) for name, own in groups.items()}


def _attacked(evidence: Evidence, network: NetworkEvidence, goal: str) -> tuple[str, pd.Series[str]] | None:
    """The radius in words and the routes under one attack at the headline radius; None where it was not made."""
    chosen = evidence.headline_attack
    name, column = ("robustness", "attack") if goal == WORST else ("slowdown", "goal")
    table = network.first.measurements.get(name)
    if chosen is None or table is None or "route" not in table:
        return None
    own = table[(table[column] == goal) & (table["epsilon"] == chosen[1])]["route"].dropna()
    return (epsilons(evidence.robustness["epsilon"])[chosen[1]], own) if len(own) and own.str.len().all() else None


def _percent(own: pd.Series[str], units: int) -> list[int]:
    return [round(100 * sum(route[unit] == "1" for route in own) / len(own)) for unit in range(units)]


def _draw(evidence: Evidence, network: NetworkEvidence, graph: nx.DiGraph[str]) -> Markup:
    direct = nx.transitive_reduction(graph)
    places, step, height = _layout(direct)
    own = shares(evidence, network)
    ledger = network.first.measurements.get("ledger")
    costs = {} if ledger is None else dict(zip(ledger["unit"], ledger["macs"], strict=True))
    around = [edge for edge in graph.edges if edge not in direct.edges]
    lines = [_bow(places[a], places[b]) for a, b in around] if len(around) <= MOST_WAYS else []
    lines += [_line(places[a], places[b]) for a, b in sorted(direct.edges)]  # a set of texts has no order
    boxes = [
        _box(name, places[name], step, share, costs.get(name))
        for name, share in zip(network.first.units, own[ALL], strict=True)
        if name in places
    ]
    ends = [_end(name, places[name]) for name in (INPUT, OUTPUT) if name in places]
    shown = [_group(name, place) for name, place in _first_of_groups(network.first.units, places).items()]
    across = max(place.x for place in places.values()) + 34
    svg = Markup(
        '<svg class="graph" role="img" viewBox="0 0 {across:.0f} {height:.0f}" style="--width:{across:.0f}" '
        'aria-label="Units of {name}, and the share of images that used each" data-shares="{shares}">{inside}</svg>'
    )
    inside = Markup("").join([*lines, *ends, *shown, *boxes])
    return svg.format(
        across=across, height=height, name=network.name, shares=json.dumps(own, ensure_ascii=False), inside=inside
    )


def _layout(direct: nx.DiGraph[str]) -> tuple[dict[str, Place], float, float]:
    """Places by unit, pixels between layers, and the height: units as far right as their longest way from the input."""
    layers = [sorted(layer) for layer in nx.topological_generations(direct)]
    step = min(STEP[1], max(STEP[0], WIDTH / max(len(layers), 1)))
    most = max(len(layer) for layer in layers)
    middle = 30 + LANE * (most - 1) / 2
    places: dict[str, Place] = {}
    for number, layer in enumerate(layers):
        ordered = sorted(layer, key=lambda name: (_before(direct, name, places), name))
        first = middle - LANE * (len(ordered) - 1) / 2
        places |= {name: Place(26 + step * number, first + LANE * lane) for lane, name in enumerate(ordered)}
    return places, step, 2 * middle + 8


def _before(direct: nx.DiGraph[str], name: str, places: Mapping[str, Place]) -> float:
    """Mean height of what a unit reads: units that read the same lie side by side; exits below what goes on."""
    above = [places[source].y for source in direct.predecessors(name)]
    leads_on = sum(1 for target in direct.successors(name) if target != OUTPUT)
    return (sum(above) / len(above) if above else 0.0) + (0.0 if leads_on else 1.0)


def _line(a: Place, b: Place) -> Markup:
    return Markup('<path d="M{:.0f} {:.0f}L{:.0f} {:.0f}" class="way"/>').format(a.x, a.y, b.x, b.y)


def _bow(a: Place, b: Place) -> Markup:
    """A connection past other units."""
    top = min(a.y, b.y) - min(26.0, 8 + 0.05 * abs(b.x - a.x))
    curve = '<path d="M{:.0f} {:.0f}C{:.0f} {:.0f} {:.0f} {:.0f} {:.0f} {:.0f}" class="way past"/>'
    return Markup(curve).format(a.x, a.y, a.x + 8, top, b.x - 8, top, b.x, b.y)


def _box(name: str, place: Place, step: float, share: int, macs: float | None) -> Markup:
    wide = min(46.0, 0.74 * step)
    cost = "" if macs is None else f", {short_macs(float(macs))} MACs"
    text = Markup('<text x="{:.0f}" y="{:.1f}">{}</text>').format(place.x, place.y + 4, share) if wide >= 20 else ""
    under = Markup("")
    if wide >= 36:
        short = name.rpartition(".")[2]
        under = Markup('<text x="{:.0f}" y="{:.0f}" class="under">{}</text>').format(place.x, place.y + 23, short)
    return Markup(
        '<g class="unit{dark}" data-unit="{name}" data-cost="{cost}" style="--share:{share}%"><title>{name}: used for '
        '{share} % of images{cost}</title><rect x="{x:.1f}" y="{y:.0f}" width="{wide:.1f}" height="22" rx="3"/>'
        "{text}{under}</g>"
    ).format(
        dark=" dark" if share >= DARK else "",
        name=name,
        share=share,
        cost=cost,
        x=place.x - wide / 2,
        y=place.y - 11,
        wide=wide,
        text=text,
        under=under,
    )


def _end(name: str, place: Place) -> Markup:
    return Markup('<circle cx="{:.0f}" cy="{:.0f}" r="5" class="end"><title>{}</title></circle>').format(
        place.x, place.y, name
    )


def _first_of_groups(units: tuple[str, ...], places: Mapping[str, Place]) -> dict[str, Place]:
    """The place of the first unit of every stage or block, by its name."""
    found: dict[str, Place] = {}
    for name in units:
        group = name.partition(".")[0] if "." in name else ""
        if group and name in places:
            found.setdefault(group, places[name])
    return found


def _group(name: str, place: Place) -> Markup:
    return Markup('<text x="{:.0f}" y="{:.0f}" class="group">{}</text>').format(place.x - 16, 12, name)
