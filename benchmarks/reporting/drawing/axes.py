"""Empty panels, and axes that several figures share: of accuracies, of costs, of radii."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from benchmarks.reporting.formatting import epsilons, significant

WIDTH = 5.6
"""Inches of a panel: two of them are side by side on a page, one below the other on a phone."""
HEADROOM = 0.12
"""Of the accuracies that a cut axis shows, above the best of them: for names."""
LOG_FROM = 15.0
"""Axes of costs become logarithmic where the largest is that many times the smallest."""


def canvas(width: float = WIDTH, height: float = 3.5) -> tuple[Figure, Axes]:
    """An empty figure of that size in inches, without any window behind it, and its axes."""
    drawn = Figure(figsize=(width, height), layout="constrained")
    return drawn, drawn.add_subplot()


def accuracy_axis(axes: Axes, rows: pd.DataFrame) -> str:
    """Cut the axis where settings far below every headline would flatten the rest, and say in a sentence what is cut.

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
    axes.set_ylim(floor, max(rows["high"].max(), shown["high"].max()) + HEADROOM * spread)
    settings = "setting is" if outside == 1 else "settings are"
    return f" {outside} {settings} below {floor:.0f} %, outside the figure."


def cost_axis(axes: Axes, values: Sequence[float]) -> None:
    """Make the x axis logarithmic where the costs on it span more than `LOG_FROM`, with plain numbers."""
    finite = [value for value in values if np.isfinite(value) and value > 0]
    if finite and max(finite) > LOG_FROM * min(finite):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: significant(value, 1)))
        axes.xaxis.set_minor_formatter(NullFormatter())


def few_epsilons(curves: pd.DataFrame) -> dict[float, str]:
    """Some of the radii that were measured, the smallest and the largest among them, as they are usually written."""
    names = list(epsilons(curves["epsilon"]).items())
    return dict(names[place] for place in sorted({0, len(names) // 2, len(names) - 1}))


def epsilon_axis(axes: Axes, curves: pd.DataFrame) -> None:
    """Ticks at the radii that were measured, written as they are usually written."""
    names = epsilons(curves["epsilon"])
    axes.set_xticks(list(names), list(names.values()))
    axes.set_xlabel("radius ε of the L∞ ball (pixels in [0, 1])")
