"""Accuracy and computation under attack in one plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes

from benchmarks.measuring.attacks.contract import CLEAN as UNATTACKED
from benchmarks.reporting.drawing.axes import canvas
from benchmarks.reporting.drawing.style import FAINT, INK, PAPER, owned, style_of
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.slowdown import COST, LOST, radii
from benchmarks.reporting.figures.base import Drawing, NoData, Panel, figure
from benchmarks.reporting.findings.pareto import FEW
from benchmarks.reporting.formatting import epsilons, is_missing, percent


@dataclass(frozen=True)
class Point:
    """Where a network stands under an attack: cost in MACs, accuracy as a share, the attack's name, and its mark."""

    macs: float
    accuracy: float
    attack: str
    size: float
    filled: bool


@figure("attack-plane", section="attack", order=30, title="Accuracy and computation under attack")
def attack_plane(evidence: Evidence) -> Drawing:
    """At one epsilon a path per dynamic network: clean, answer attacked, cost attacked, both; static ones stay put."""
    measured = evidence.slowdown
    if measured.empty:
        raise NoData("No network's computation has been attacked yet.")
    headline = evidence.headline_attack
    every = radii(measured)
    epsilon = headline[1] if headline and headline[1] in every else every[min(1, len(every) - 1)]
    drawn, axes = canvas(height=3.9)
    tips: dict[str, str] = {}
    shown = []
    for network in evidence.networks:
        points = [*_answer(evidence, network, headline), *_cost(evidence, network, epsilon)]
        if points:
            tips |= _draw(axes, evidence, network, points)
            shown.append(network)
    axes.set_xlabel(f"mean routed cost ({evidence.unit.name} MACs)")
    axes.set_ylabel("accuracy (%)")
    axes.set_ylim(-3, 103)
    attack = f"{headline[0]} on the answer, " if headline else ""
    return Drawing(
        panels=[Panel(figure=drawn, tips=tips)],
        caption=f"At ε {epsilons(every)[epsilon]}. Small and empty: without an attack. Then, along the line: "
        f"{attack}the slowdown attack on the cost (large), and the dearest images with a wrong answer (black edge). "
        "Networks with one route, grey where they are many, are two points, one above the other: their cost cannot be "
        "attacked.",
        legend=shown,
    )


def _answer(evidence: Evidence, network: NetworkEvidence, headline: tuple[str, float] | None) -> list[Point]:
    """Clean, and under the headline attack on the answer."""
    table = evidence.robustness
    if headline is None:
        return []
    own = table[table["network"] == network.label]
    found = []
    for attack, epsilon, size, filled in ((UNATTACKED, 0.0, 5.0, False), (*headline, 5.0, True)):
        rows = own[(own["attack"] == attack) & (own["epsilon"] == epsilon)].to_dict("records")
        name = "clean" if attack == UNATTACKED else attack
        found += [Point(float(row["macs"]), float(row["accuracy"]), name, size, filled) for row in rows]
    return found


def _cost(evidence: Evidence, network: NetworkEvidence, epsilon: float) -> list[Point]:
    """Under the attack on the cost, and on cost and answer; nothing for a network that was not attacked."""
    table, nominal = evidence.slowdown, evidence.value(network, "nominal")
    own = table[(table["network"] == network.label) & (table["epsilon"] == epsilon)].set_index("goal")
    found = []
    for goal, name, size in ((COST, "slowdown", 9.0), (LOST, "slowdown, answer lost", 7.0)):
        if goal in own.index and not is_missing(nominal):
            found.append(Point(own["share"][goal] * nominal, own["accuracy"][goal], name, size, True))
    return found


def _draw(axes: Axes, evidence: Evidence, network: NetworkEvidence, points: Sequence[Point]) -> dict[str, str]:
    scale, several = evidence.unit.size, len({point.macs for point in points}) > 1
    muted = not several and len(evidence.networks) > FEW
    style = replace(style_of(network), color=FAINT) if muted else style_of(network)
    line = [point.macs / scale for point in points], [100 * point.accuracy for point in points]
    axes.plot(
        *line,
        color=style.color,
        linestyle=style.line,
        linewidth=0.6 if muted else 1,
        alpha=0.6,
        zorder=2,
        gid=owned(network),
    )
    tips = {}
    for number, point in enumerate(points):
        gid = owned(network, number)
        axes.plot(
            [point.macs / scale],
            [100 * point.accuracy],
            marker=style.marker,
            markersize=0.6 * point.size if muted else point.size,
            markerfacecolor=style.color if point.filled else PAPER,
            markeredgecolor=INK if point.attack.endswith("lost") else style.color,
            linestyle="none",
            zorder=4,
            gid=gid,
        )
        where = f"{percent(point.accuracy)} % at {evidence.unit.format(point.macs)} {evidence.unit.name} MACs"
        tips[gid] = f"{network.name}, {point.attack}: {where}"
    return tips
