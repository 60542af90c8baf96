"""A heatmap of shares, readable from two units to a hundred and from two classes to a thousand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.reporting.drawing.axes import WIDTH
from benchmarks.reporting.drawing.style import PAPER, SEQUENTIAL

WRITTEN = 16
"""Most columns whose cells are wide enough for a number."""
VECTORS = 2000
"""Most cells that are drawn as shapes; larger maps become one image, to keep the page small."""
LABELLED = 60
"""Most rows or columns that each get a label."""
LETTERS = 64
"""That fit below a heatmap in one line, spaces included."""
SHORT = 3
"""Letters of the longest label that is written level below a column; longer ones are slanted."""
SLANTED = 24
"""Slanted labels that fit below a heatmap."""
LONGEST = 18
"""Letters of a slanted label; the rest of a longer one is left out, and stands in the numbers beside a figure."""
NAMES: WeakKeyDictionary[Axes, tuple[Sequence[str], Sequence[str]]] = WeakKeyDictionary()
"""Of the rows and columns of a heatmap, those included that have no label, for the numbers beside a figure."""


def heatmap(
    percentages: NDArray[np.float64],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    low: float = 0.0,
    high: float = 100.0,
    digits: int = 0,
) -> tuple[Figure, Axes]:
    """Draw percentages (rows x columns), each cell with its number where there is room.

    Args:
        percentages: 0 to 100.
        rows: labels on the left.
        columns: labels below.
        low: where the colour scale starts.
        high: where it ends.
        digits: after the point, of the numbers.
    """
    count, width = percentages.shape
    below = [name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…" for name in columns]
    longest = max(map(len, below))
    slanted = longest > SHORT
    height = 1.15 + (0.045 * longest if slanted else 0.0) + count * (0.27 if count <= LABELLED else 0.1)
    drawn = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = drawn.add_subplot()
    sns.heatmap(
        percentages,
        ax=axes,
        vmin=low,
        vmax=high,
        cmap=SEQUENTIAL,
        annot=width <= WRITTEN and count <= LABELLED,
        fmt=f".{digits}f",
        annot_kws={"fontsize": 7.5},
        linewidths=1.0 if percentages.size <= VECTORS else 0,
        linecolor=PAPER,
        rasterized=percentages.size > VECTORS,
        cbar_kws={"shrink": min(1.0, 8 / max(count, 8)), "pad": 0.02, "label": "%", "aspect": 12},
        xticklabels=_thinned(below, len(below) / SLANTED if slanted else _letters(below) / LETTERS),
        yticklabels=_thinned(rows, len(rows) / LABELLED),
    )
    NAMES[axes] = rows, columns
    axes.grid(visible=False)
    axes.tick_params(length=0, rotation=0)
    if slanted:
        for label in axes.get_xticklabels():
            label.set(rotation=45, horizontalalignment="right", rotation_mode="anchor")
    return drawn, axes


def _letters(labels: Sequence[str]) -> int:
    """With a space after each label."""
    return sum(len(label) + 1 for label in labels)


def _thinned(labels: Sequence[str], times: float) -> list[str]:
    """Labels of which every n-th is left, as they take that many times the room that there is."""
    step = max(1, math.ceil(times))
    return [label if place % step == 0 else "" for place, label in enumerate(labels)]
