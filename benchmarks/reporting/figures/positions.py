"""Where the taps of active convolutions have moved."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure

from benchmarks.reporting.drawing.axes import WIDTH
from benchmarks.reporting.drawing.style import FAINT, INK, owned, style_of
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.inside import found_inside
from benchmarks.reporting.figures.base import Drawing, Panel, network_figure
from benchmarks.reporting.formatting import signed, significant
from benchmarks.statistics import ALPHA, Floats, rank_correlation

GRID = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0))
"""Where the outer taps start."""
ON_GRID = (4 + 4 * math.sqrt(2)) / 8
"""Their mean distance from the centre."""
MOVED = 0.1
"""Pixels by which a tap has left its place."""
COLUMNS = 4
FEWEST = 4
"""Layers from which a correlation with depth is given."""


@network_figure("positions", section="routes", order=43, title="Learnt positions of taps")
def positions(evidence: Evidence, network: NetworkEvidence) -> Drawing | None:
    """A panel per layer, first seed; None for networks without such layers."""
    rows = found_inside(network, "position")
    if rows is None:
        return None
    layers = list(dict.fromkeys(rows["layer"]))
    reach = max(1.6, 1.15 * float(rows[["y", "x"]].abs().to_numpy().max()))
    lines, columns = -(-len(layers) // COLUMNS), min(COLUMNS, len(layers))
    drawn = Figure(figsize=(WIDTH, 0.2 + lines * (WIDTH / max(columns, 2) + 0.25)), layout="constrained")
    for place, layer in enumerate(layers, start=1):
        axes = drawn.add_subplot(lines, max(columns, 2), place)
        own = rows[rows["layer"] == layer]
        for (dy, dx), y, x in zip(GRID, own["y"], own["x"], strict=True):
            axes.plot([dx, x], [dy, y], color=FAINT, linewidth=0.8)
        axes.plot(*np.array(GRID).T[::-1], marker="s", markersize=3, color=FAINT, linestyle="none")
        axes.plot([0], [0], marker="+", markersize=7, color=INK, linestyle="none")
        axes.plot(
            own["x"],
            own["y"],
            marker="o",
            markersize=5,
            color=style_of(network).color,
            linestyle="none",
            label="taps",
            gid=owned(network, layer),
        )
        axes.set(xlim=(-reach, reach), ylim=(reach, -reach), aspect="equal")
        axes.set_title(layer, fontsize=8)
    places = rows[["y", "x"]].to_numpy(dtype=float).reshape(len(layers), len(GRID), 2)
    return Drawing(panels=[Panel(figure=drawn)], caption=_caption(places))


def _caption(places: Floats) -> str:
    """Of (L, 8, 2): how far they have moved, whether they have spread, and whether later layers have more."""
    moved = int((np.linalg.norm(places - np.array(GRID), axis=2).max(axis=1) > MOVED).sum())
    distance = np.linalg.norm(places, axis=2).mean(axis=1)
    wider = int((distance > ON_GRID).sum())
    text = (
        "Round: where a tap of the layer stands, in pixels of its input from the centre (cross); square: where it "
        "started. Jeon and Kim (2017) show learnt taps that have left the grid. Here taps have moved by more than "
        f"{MOVED:g} pixels in {moved} of {len(distance)} layers, which {'agrees' if moved else 'does not agree'}; "
        f"their mean distance from the centre ({', '.join(significant(value) for value in distance)}) is larger than "
        f"the grid’s {significant(ON_GRID)} in {wider}"
    )
    if len(distance) < FEWEST or np.ptp(distance) == 0:
        return (
            f"{text}; {len(distance)} layers are too few to say whether it grows with depth. One training, first seed."
        )
    correlation, p = rank_correlation(np.arange(len(distance)), distance)
    grows = "grows" if correlation > 0 else "falls"
    told = f"It {grows} with depth" if p < ALPHA else "Whether it grows with depth cannot be told"
    return f"{text}. {told} (rank correlation {signed(correlation)}, p {p:.2g}). One training, first seed."
