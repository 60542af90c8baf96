"""Small multiples: a little plot per network on shared axes, where curves of all of them would hide each other.

Matplotlib's own ticks are most of the time that a little plot takes, so that these are drawn as lines and texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from benchmarks.reporting.drawing.style import AXIS, GRID, MUTED, style_of
from benchmarks.reporting.evidence.evidence import NetworkEvidence
from benchmarks.reporting.figures.base import Panel

WIDTH, HEIGHT = 1.95, 1.55
"""Inches of a little plot: two are side by side on a phone, five on a desk."""
PLACE = (0.17, 0.15, 0.8, 0.71)
"""Left, bottom, width and height of the axes, shares of the plot's: alike for all, so that axes stand in line."""
FITS, SIZE = 22, 8.5
"""Letters of a name that fit above it in the usual size, and that size in points."""

GAP = 3.0
"""Points between an axis and its texts."""


@dataclass(frozen=True)
class Scale:
    """One axis of all little plots: its ends, and texts at some places."""

    low: float
    high: float
    ticks: Mapping[float, str]


def multiples(
    networks: Sequence[NetworkEvidence], draw: Callable[[Axes, NetworkEvidence], None], x: Scale, y: Scale
) -> list[Panel]:
    """A little plot per network, with its name above.

    Args:
        networks: in order.
        draw: puts a network's curves on axes.
        x: to the right.
        y: upwards.
    """
    return [_one(network, draw, x, y) for network in networks]


def _one(network: NetworkEvidence, draw: Callable[[Axes, NetworkEvidence], None], x: Scale, y: Scale) -> Panel:
    drawn = Figure(figsize=(WIDTH, HEIGHT))
    with mpl.rc_context({"axes.grid": False}):
        axes = drawn.add_axes(PLACE)
    axes.set_axis_off()
    size = min(SIZE, SIZE * FITS / len(network.name))
    axes.set_title(network.name, color=style_of(network).color, fontsize=size, pad=3, y=1.0)
    _frame(axes, x, y)
    draw(axes, network)
    axes.set(xlim=(x.low, x.high), ylim=(y.low, y.high), autoscale_on=False)
    return Panel(figure=drawn, network=network)


def _frame(axes: Axes, x: Scale, y: Scale) -> None:
    down = [((place, y.low), (place, y.high)) for place in x.ticks]
    across = [((x.low, place), (x.high, place)) for place in y.ticks]
    edges = [((x.low, y.low), (x.high, y.low)), ((x.low, y.low), (x.low, y.high))]
    axes.add_collection(LineCollection([*down, *across], colors=GRID, linewidths=0.7, zorder=0), autolim=False)
    axes.add_collection(LineCollection(edges, colors=AXIS, linewidths=0.8, zorder=0, clip_on=False), autolim=False)
    gap = (x.high - x.low) * GAP / (72 * WIDTH * PLACE[2]), (y.high - y.low) * GAP / (72 * HEIGHT * PLACE[3])
    for place, name in x.ticks.items():
        axes.text(place, y.low - gap[1], name, color=MUTED, fontsize=8, ha="center", va="top")
    for place, name in y.ticks.items():
        axes.text(x.low - gap[0], place, name, color=MUTED, fontsize=8, ha="right", va="center")
