"""One colour, marker and line per network in all figures, and the look of the axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import seaborn as sns

from benchmarks.reporting.evidence.evidence import NetworkEvidence

_PALETTE: tuple[str, ...] = tuple(sns.color_palette("colorblind").as_hex())
BASELINE_COLOR = _PALETTE[7]
"""Grey: what everything is compared with stays in the background."""
COLORS = tuple(_PALETTE[i] for i in (0, 1, 2, 3, 4, 5, 9, 6, 8))
"""Of the other methods; the palest last."""
MARKERS = ("s", "D", "^", "v", "P", "X", "<", ">", "p", "h", "*")
LINES = ("-", "--", ":", "-.")
INK = "#2b2b2b"
FAINT = "#8a8a8a"
SEQUENTIAL = "Blues"
"""Colour map of heatmaps."""

_RC: Mapping[Any, object] = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#b5b5b5",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlecolor": INK,
    "axes.linewidth": 0.8,
    "font.family": "sans-serif",
    "font.size": 9,
    "grid.color": "#ebebeb",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "lines.markersize": 5,
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": "#555555",
    "xtick.labelsize": 8,
    "xtick.major.size": 3,
    "ytick.color": "#555555",
    "ytick.labelsize": 8,
    "ytick.major.size": 3,
}


@dataclass(frozen=True)
class Style:
    """How figures draw a network: a colour per method, a marker and a line per variant of it."""

    color: str
    marker: str
    line: str = "-"


def style_of(network: NetworkEvidence) -> Style:
    """Style of a network, the same in every figure and in every report of this version of the suite."""
    return style(network.method.place, network.variant)


def style(place: int | None, variant: int) -> Style:
    """A colour by method, a marker and a line by method and variant.

    Args:
        place: of the method among those that are compared; None for the method of baselines.
        variant: 0 for the first network of that method in a study, 1 for the second, ...
    """
    if place is None:
        markers = ("o", *MARKERS)
        return Style(BASELINE_COLOR, markers[variant % len(markers)], LINES[variant % len(LINES)])
    marker = MARKERS[(place + 5 * variant) % len(MARKERS)]
    line = LINES[(variant + place // len(COLORS)) % len(LINES)]
    return Style(COLORS[place % len(COLORS)], marker, line)


@contextmanager
def look() -> Iterator[None]:
    """Matplotlib's settings of the report inside the block, whatever the user's own are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        yield
