"""Marks that several figures share: a network's settings with intervals, or its curve with a band."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from benchmarks.reporting.drawing.formatting import significant
from benchmarks.reporting.drawing.style import INK, Style
from benchmarks.reporting.evidence.evidence import Entry

LOG_FROM = 15.0
"""Axes of costs become logarithmic where the largest is that many times the smallest."""


def settings_curve(axes: Axes, entry: Entry, rows: pd.DataFrame, tips: Sequence[str]) -> dict[str, str]:
    """One network's settings, joined by a line; the headline setting is large and filled.

    Args:
        axes: to draw on.
        entry: the network.
        rows: one per setting, with columns x, y, low, high (ends of the bar through y) and headline.
        tips: a text per row.

    Returns:
        The texts by the `gid` of the mark they belong to.
    """
    style = entry.style
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
        gid = f"{entry.slug}-{number}"
        strong = bool(row["headline"])
        width = 1.6 if strong else 0.9
        if row["low"] < row["high"]:
            axes.vlines(row["x"], row["low"], row["high"], color=style.color, linewidth=width, zorder=3)
        _mark(axes, style, row["x"], row["y"], strong=strong, gid=gid)
        texts[gid] = str(row["tip"])
    return texts


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


def accuracy_axis(axes: Axes, rows: pd.DataFrame) -> str:
    """Keep settings far below every headline from flattening the rest; a sentence that says what is left out.

    Args:
        axes: of a figure with accuracies in percent upwards.
        rows: columns y, low, high (percent) and headline (bool).
    """
    shown = rows[rows["headline"].astype(bool)]
    if shown.empty:
        return ""
    spread = max(shown["high"].max() - shown["low"].min(), 1)
    floor = shown["low"].min() - spread
    outside = int((rows["y"] < floor).sum())
    if not outside:
        return ""
    axes.set_ylim(floor, max(rows["high"].max(), shown["high"].max()) + 0.05 * spread)
    settings = "setting lies" if outside == 1 else "settings lie"
    return f" {outside} {settings} below {floor:.0f} %, outside of the picture."


def cost_axis(axes: Axes, values: Sequence[float]) -> None:
    """Make the x axis logarithmic where the costs on it span more than `LOG_FROM`, with plain numbers."""
    finite = [value for value in values if np.isfinite(value) and value > 0]
    if finite and max(finite) > LOG_FROM * min(finite):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: significant(value, 1)))
        axes.xaxis.set_minor_formatter(NullFormatter())
