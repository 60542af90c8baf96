"""Curves that several figures share: a network's settings with intervals, or a line with a band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
from matplotlib.axes import Axes

from benchmarks.reporting.drawing.style import BASELINE_COLOR, FAINT, INK, PAPER, Style, owned, style_of
from benchmarks.reporting.evidence.evidence import NetworkEvidence


def settings_curve(
    axes: Axes, network: NetworkEvidence, rows: pd.DataFrame, tips: Sequence[str], *, muted: bool = False
) -> dict[str, str]:
    """One network's settings, joined by a line; the headline setting is large and filled, and has a bar.

    Args:
        axes: to draw on.
        network: the network.
        rows: one per setting, with columns x, y, low, high (ends of the bar through y) and headline.
        tips: a text per row.
        muted: small, in grey, behind the others and without bars, until a reader points at it.

    Returns:
        The texts by the `gid` of the mark they belong to.
    """
    style = replace(style_of(network), color=FAINT) if muted else style_of(network)
    ordered = rows.assign(tip=list(tips)).sort_values(["x", "y"])
    axes.plot(
        ordered["x"],
        ordered["y"],
        color=style.color,
        linestyle=style.line,
        linewidth=0.7 if muted else 1.2,
        alpha=0.5 if muted else 0.75,
        zorder=1.5 if muted else 2,
        gid=owned(network),
    )
    texts = {}
    for number, row in enumerate(ordered.to_dict("records")):
        gid = owned(network, number)
        strong = bool(row["headline"])
        if row["low"] < row["high"] and strong and not muted:
            ends = row["low"], row["high"]
            axes.vlines(row["x"], *ends, color=style.color, linewidth=1.6, zorder=3, gid=owned(network))
        size = (6 if strong else 3) if muted else (9 if strong else 5)
        _mark(axes, style, (row["x"], row["y"]), size=size, filled=strong, gid=gid)
        texts[gid] = str(row["tip"])
    return texts


def variants_line(axes: Axes, network: NetworkEvidence, x: Sequence[float], y: Sequence[float]) -> None:
    """A line through the headline settings of networks that differ in one parameter, in the colour of the first."""
    axes.plot(x, y, color=style_of(network).color, linewidth=3, alpha=0.3, zorder=1, gid=owned(network))


def static_line(axes: Axes, x: Sequence[float], y: Sequence[float]) -> None:
    """The static curve, behind everything else: points in ascending cost, flat beyond the last one."""
    end = max(axes.get_xlim()[1], x[-1])
    axes.plot([*x, end], [*y, y[-1]], color=BASELINE_COLOR, linewidth=5, alpha=0.35, zorder=1, solid_capstyle="butt")


def _mark(axes: Axes, style: Style, place: tuple[float, float], *, size: float, filled: bool, gid: str) -> None:
    behind = style.color == FAINT
    axes.plot(
        [place[0]],
        [place[1]],
        marker=style.marker,
        markersize=size,
        markerfacecolor=style.color if filled else PAPER,
        markeredgecolor=PAPER if behind and filled else INK if filled else style.color,
        markeredgewidth=0.8 if filled else 1.2,
        linestyle="none",
        zorder=(3 if behind else 4) + (not filled),
        gid=gid,
    )
