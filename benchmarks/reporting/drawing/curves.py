"""Curves that several figures share: a network's settings with intervals, or a line with a band."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from benchmarks.reporting.drawing.style import BASELINE_COLOR, INK, Style, style_of
from benchmarks.reporting.evidence.evidence import NetworkEvidence


def settings_curve(axes: Axes, network: NetworkEvidence, rows: pd.DataFrame, tips: Sequence[str]) -> dict[str, str]:
    """One network's settings, joined by a line; the headline setting is large and filled.

    Args:
        axes: to draw on.
        network: the network.
        rows: one per setting, with columns x, y, low, high (ends of the bar through y) and headline.
        tips: a text per row.

    Returns:
        The texts by the `gid` of the mark they belong to.
    """
    style = style_of(network)
    ordered = rows.assign(tip=list(tips)).sort_values(["x", "y"])
    axes.plot(
        ordered["x"],
        ordered["y"],
        color=style.color,
        linestyle=style.line,
        linewidth=1.2,
        alpha=0.75,
        zorder=2,
    )
    texts = {}
    for number, row in enumerate(ordered.to_dict("records")):
        gid = f"{network.slug}-{number}"
        strong = bool(row["headline"])
        width = 1.6 if strong else 0.9
        if row["low"] < row["high"]:
            axes.vlines(row["x"], row["low"], row["high"], color=style.color, linewidth=width, zorder=3)
        _mark(axes, style, row["x"], row["y"], strong=strong, gid=gid)
        texts[gid] = str(row["tip"])
    return texts


def variants_line(axes: Axes, network: NetworkEvidence, x: Sequence[float], y: Sequence[float]) -> None:
    """A line through the headline settings of networks that differ in one parameter, in the colour of the first."""
    axes.plot(x, y, color=style_of(network).color, linewidth=3, alpha=0.3, zorder=1)


def static_line(axes: Axes, x: Sequence[float], y: Sequence[float]) -> None:
    """The static curve, behind everything else: points in ascending cost, flat beyond the last one."""
    end = max(axes.get_xlim()[1], x[-1])
    axes.plot([*x, end], [*y, y[-1]], color=BASELINE_COLOR, linewidth=5, alpha=0.35, zorder=1, solid_capstyle="butt")


def _mark(axes: Axes, style: Style, x: float, y: float, *, strong: bool, gid: str) -> None:
    axes.plot(
        [x],
        [y],
        marker=style.marker,
        markersize=9 if strong else 5,
        markerfacecolor=style.color if strong else "white",
        markeredgecolor=INK if strong else style.color,
        markeredgewidth=0.8 if strong else 1.2,
        linestyle="none",
        zorder=4 if strong else 5,
        gid=gid,
    )


def band(axes: Axes, style: Style, rows: pd.DataFrame) -> None:
    """A curve through (x, y) with markers and a pale band between low and high: columns of `rows`."""
    axes.fill_between(rows["x"], rows["low"], rows["high"], color=style.color, alpha=0.14, linewidth=0)
    axes.plot(rows["x"], rows["y"], color=style.color, linestyle=style.line, marker=style.marker, mec="white")
