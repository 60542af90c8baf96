"""One colour, marker and line per network in all figures, and the look of the axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl

from benchmarks.reporting.drawing.theme import SERIES, THEME
from benchmarks.reporting.evidence.evidence import NetworkEvidence

*_OTHERS, BASELINE_COLOR = (shade.light for shade in SERIES.values())
"""Grey is what everything is compared with: it stays in the background."""
COLORS = tuple(_OTHERS)
"""Of the other methods."""
MARKERS = ("s", "D", "^", "v", "P", "X", "<", ">", "p", "h", "*")
LINES = ("-", "--", ":", "-.")
OWNER = "|"
"""Between the network that owns an artist, and the artist's own name, in its `gid`."""
INK = THEME["ink"].light
FAINT = THEME["guide"].light
PAPER = THEME["paper"].light
MUTED, GRID, AXIS = (THEME[name].light for name in ("muted", "grid", "axis"))
SEQUENTIAL = "Blues"
"""Colour map of heatmaps."""

_RC: Mapping[Any, object] = {
    "axes.axisbelow": True,
    "axes.edgecolor": AXIS,
    "axes.facecolor": "none",
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
    "figure.facecolor": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "lines.markersize": 5,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.labelsize": 8,
    "xtick.major.size": 3,
    "ytick.color": MUTED,
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


def owned(network: NetworkEvidence, part: object = "") -> str:
    """A `gid` of what a figure draws of one network: the page shows or dims all of it together.

    Args:
        network: that is drawn.
        part: tells its artists apart where one of them has a text of its own.
    """
    return f"{network.slug}{OWNER}{part}"


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
