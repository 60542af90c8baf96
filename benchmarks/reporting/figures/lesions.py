"""Accuracy that a network loses without each of its parts."""

from __future__ import annotations

import numpy as np

from benchmarks.reporting.claims.base import below
from benchmarks.reporting.claims.lesions import HARDLY, first_of_stages, interval
from benchmarks.reporting.drawing.axes import canvas
from benchmarks.reporting.drawing.style import INK, MUTED, style_of
from benchmarks.reporting.evidence.changed import Lesions, lesions_of
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.figures.base import Drawing, Panel, network_figure
from benchmarks.reporting.formatting import count, points

LABELS = 14
"""Names of parts that fit below a plot."""
FOUND = {
    "highway": "Srivastava et al. (2015) found on MNIST that most layers of a highway network can be closed with "
    "little harm, and early ones least",
    "fractalnet": "Larsson et al. (2017) claim that drop-path makes single columns strong",
    "randwire": "Xie et al. (2019) found that a node costs the more the more others it feeds",
}
"""What the method's own paper found."""
RESIDUAL = (
    "Veit et al. (2016) found that a ResNet hardly notices the loss of a block, unless it is the first of a stage, "
    "which reduces the resolution"
)


@network_figure("lesions", section="routes", order=40, title="Without one part")
def lesions(evidence: Evidence, network: NetworkEvidence) -> Drawing | None:
    """A bar per part, with its interval; None where nothing was taken out."""
    found = lesions_of(evidence, network)
    if found is None:
        return None
    parts = [part for part in found.parts if part.kind != "edge"]
    drawn, axes = canvas(height=2.6)
    losses = 100 * np.array([part.loss.estimate for part in parts])
    ends = 100 * np.array([[part.loss.low, part.loss.high] for part in parts])
    places = range(len(parts))
    axes.bar(places, losses, color=style_of(network).color, label=[part.name for part in parts])
    axes.errorbar(places, losses, yerr=np.abs(ends.T - losses), fmt="none", ecolor=INK, elinewidth=0.8, capsize=1.5)
    axes.axhline(0, color=MUTED, linewidth=0.8)
    step = -(-len(parts) // LABELS)
    axes.set_xticks(places[::step], [part.name for part in parts][::step], rotation=30, ha="right", fontsize=7.5)
    axes.set_ylabel("accuracy lost (points)")
    return Drawing(panels=[Panel(figure=drawn)], caption=_caption(network, found))


def _caption(network: NetworkEvidence, found: Lesions) -> str:
    seeds = f"{found.seeds} seeds" if found.seeds > 1 else "one seed"
    return (
        "Accuracy that the trained network loses when one part is taken out and nothing is trained again; 95 % "
        f"intervals that hold together. {_finding(network, found)} {count(found.images)} test images, {seeds}."
    )


def _finding(network: NetworkEvidence, found: Lesions) -> str:
    first, others = first_of_stages(found.parts)
    if first:
        most, least = found.mean_of(first), found.mean_of(others)
        agrees = {
            "holds": "it agrees",
            "does not hold": "it does not agree",
            "cannot be told": "whether it agrees cannot be told",
        }
        kept = below(least.low, least.high, HARDLY)
        return (
            f"{RESIDUAL}; here the blocks that keep the resolution cost {interval(least)} points on average, which of "
            f"less than {points(HARDLY, 0)} would agree: {agrees[kept]}; the others cost {interval(most)}."
        )
    worst = max(found.parts, key=lambda part: part.loss.estimate)
    paper = FOUND.get(network.method.name)
    here = f"{'here' if paper else 'Here'} {worst.name} costs most, {interval(worst.loss)} points"
    return f"{paper}; {here}." if paper else f"{here}."
