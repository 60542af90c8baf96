"""The numbers behind a figure, taken from what it draws: for tables beside it, and for those who draw it anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection, LineCollection, QuadMesh
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from numpy.typing import NDArray

from benchmarks.reporting.drawing.heatmap import NAMES
from benchmarks.reporting.drawing.style import OWNER

COLUMNS = ["panel", "network", "what", "x", "y", "low", "high", "percent"]
COLORBAR = "<colorbar>"
"""What matplotlib calls the axes of one."""
Row = dict[str, Any]


def figure_data(figure: Figure, names: Mapping[str, str]) -> pd.DataFrame:
    """What a figure draws, a row per point, interval, bar, bin or cell.

    Args:
        figure: drawn.
        names: of networks, by the slug that owns an artist (`benchmarks.reporting.drawing.style.owned`).

    Returns:
        panel (its title), network, what (`curve` or what a line is called, `interval`, `bar` or what a series of bars
        is called, `bin` of a histogram, or `cell`), x and y in the units of the axes (of bars and cells the labels of
        their places), low and high (ends of intervals and bars, edges of bins), percent (of cells). Lines without an
        owner, which only guide the eye, are left out.
    """
    rows = [row for axes in figure.axes for row in _of_axes(axes, names)]
    table = pd.DataFrame(rows, columns=COLUMNS).drop_duplicates(ignore_index=True)
    return table[[name for name in COLUMNS if table[name].notna().any() and not (table[name] == "").all()]]


def _of_axes(axes: Axes, names: Mapping[str, str]) -> Iterator[Row]:
    panel = axes.get_title(loc="left")
    for artist in axes.get_children():
        network = _owner(artist, names)
        for row in _of_artist(axes, artist, owned=bool(network)):
            yield {"panel": panel, "network": network, **row}
    for container in axes.containers:
        if isinstance(container, BarContainer):
            yield from ({"panel": panel, "network": "", **row} for row in _bars(axes, container))


def _of_artist(axes: Axes, artist: Artist, *, owned: bool) -> Iterator[Row]:
    if isinstance(artist, QuadMesh):
        yield from _cells(axes, artist)
    elif isinstance(artist, Line2D) and owned and artist.get_transform() == axes.transData:
        label = str(artist.get_label())
        what = "curve" if label.startswith("_") else label
        yield from ({"what": what, "x": float(x), "y": float(y)} for x, y in np.asarray(artist.get_xydata()))
    elif isinstance(artist, FillBetweenPolyCollection | LineCollection) and owned:
        yield from _intervals(artist)
    elif isinstance(artist, StepPatch):
        yield from _bins(artist)


def _owner(artist: Artist, names: Mapping[str, str]) -> str:
    """The name of the network that an artist belongs to; empty where it belongs to none."""
    slug, found, _ = (artist.get_gid() or "").partition(OWNER)
    return names.get(slug, slug) if found else ""


def _intervals(artist: FillBetweenPolyCollection | LineCollection) -> Iterator[Row]:
    vertices = np.concatenate([np.asarray(path.vertices) for path in artist.get_paths()])
    ends = pd.DataFrame(vertices, columns=["x", "y"]).groupby("x")["y"].agg(["min", "max"])
    for x, low, high in ends.itertuples():
        yield {"what": "interval", "x": float(x), "low": float(low), "high": float(high)}


def _bins(outline: StepPatch) -> Iterator[Row]:
    values, edges, _ = outline.get_data()
    for low, high, value in zip(edges[:-1], edges[1:], values, strict=True):
        yield {"what": "bin", "y": float(value), "low": float(low), "high": float(high)}


def _cells(axes: Axes, mesh: QuadMesh) -> Iterator[Row]:
    found = mesh.get_array()
    if found is None or found.ndim != 2 or axes.get_label() == COLORBAR:
        return
    values: NDArray[np.float64] = np.ma.masked_invalid(found).filled(np.nan)
    rows, columns = NAMES.get(axes) or (_labels(axes, "y", values.shape[0]), _labels(axes, "x", values.shape[1]))
    for row, line in zip(rows, values, strict=True):
        for column, value in zip(columns, line, strict=True):
            yield {"what": "cell", "x": column, "y": row, "percent": float(value)}


def _labels(axes: Axes, axis: str, count: int) -> list[str]:
    ticks = axes.get_xticklabels() if axis == "x" else axes.get_yticklabels()
    texts = [tick.get_text() for tick in ticks]
    return texts if len(texts) == count else [str(place) for place in range(count)]


def _bars(axes: Axes, container: BarContainer) -> Iterator[Row]:
    """Of upright bars the label of each, of horizontal ones the label of its place."""
    if container.orientation == "vertical":
        for bar in container.patches:
            ends = sorted((float(bar.get_y()), float(bar.get_y() + bar.get_height())))
            yield {"what": "bar", "x": str(bar.get_label()), "low": ends[0], "high": ends[1]}
        return
    labels = [tick.get_text() for tick in axes.get_yticklabels()]
    for label, bar in zip(labels, container.patches, strict=False):
        start = float(bar.get_x())
        yield {"what": str(container.get_label()), "y": label, "low": start, "high": start + float(bar.get_width())}
