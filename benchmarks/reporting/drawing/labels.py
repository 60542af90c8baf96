"""Names beside points, instead of a legend far away."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from adjustText import adjust_text
from matplotlib.axes import Axes

from benchmarks.reporting.drawing.style import FAINT, owned, style_of
from benchmarks.reporting.evidence.evidence import NetworkEvidence

logging.getLogger("adjustText").setLevel(logging.ERROR)  # it warns of long labels, once for every try


@dataclass(frozen=True)
class Named:
    """A point that gets a label: of which network, and where it is in the units of both axes."""

    network: NetworkEvidence
    x: float
    y: float


def label_headlines(axes: Axes, rows: pd.DataFrame, networks: Sequence[NetworkEvidence]) -> None:
    """Write the names of some networks beside their headline settings.

    Args:
        axes: with their final limits.
        rows: of all networks, with columns network (label), headline, x and y.
        networks: that get a name.
    """
    heads = rows[rows["headline"].astype(bool)].drop_duplicates("network").set_index("network")
    places = {str(name): (float(x), float(y)) for name, x, y in zip(heads.index, heads["x"], heads["y"], strict=True)}
    named = [Named(network, *places[network.label]) for network in networks if network.label in places]
    label(axes, named, avoid=list(places.values()))


def label(axes: Axes, points: Sequence[Named], *, avoid: Sequence[tuple[float, float]] = ()) -> None:
    """Write names beside points where they cover neither each other nor other points.

    Args:
        axes: with their final limits.
        points: that get a name, in the colour of their networks.
        avoid: further points that names should not cover.
    """
    if not points:
        return
    texts = [
        axes.text(
            *(point.x, point.y, point.network.name),
            color=style_of(point.network).color,
            fontsize=8.5,
            fontweight="bold",
            gid=owned(point.network),
            zorder=6,
        )
        for point in points
    ]
    drawn = axes.get_figure(root=True)
    if drawn is None:
        raise ValueError("the axes belong to no figure")
    drawn.draw_without_rendering()
    drawn.set_layout_engine("none")  # what is laid out stays: every further layout takes as long again
    every = [(point.x, point.y) for point in points] + list(avoid)
    adjust_text(
        texts,
        x=[x for x, _ in every],
        y=[y for _, y in every],
        target_x=[point.x for point in points],
        target_y=[point.y for point in points],
        ax=axes,
        expand=(1.1, 1.35),
        iter_lim=120,
        force_text=(0.3, 0.8),
        arrowprops={"arrowstyle": "-", "color": FAINT, "linewidth": 0.6},
    )
