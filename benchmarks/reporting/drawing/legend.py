"""The symbol of a network's colour, marker and line that is shown before its name."""

from __future__ import annotations

from functools import cache

import numpy as np
from markupsafe import Markup
from matplotlib.markers import MarkerStyle

from benchmarks.reporting.drawing.style import PAPER, Style
from benchmarks.reporting.drawing.theme import VARIABLES

DASHES = {"-": "none", "--": "4 2", ":": "1.2 1.8", "-.": "4 1.5 1 1.5"}
"""Strokes in SVG, by their names in Matplotlib."""
_SIZE = 8.0


def legend_key(style: Style) -> Markup:
    """An inline SVG of 26 x 12 pixels without ids, so that a page may contain it many times."""
    return Markup(
        '<svg class="key" viewBox="0 0 26 12" width="26" height="12" aria-hidden="true">'
        '<path d="M1 6H25" style="stroke:{color};stroke-width:1.5;stroke-dasharray:{dashes}"/>'
        '<path d="{path}" style="fill:{color};stroke:{paper};stroke-width:.6"/></svg>'
    ).format(
        color=VARIABLES[style.color],
        paper=VARIABLES[PAPER],
        dashes=DASHES[style.line],
        path=marker_path(style, (13.0, 6.0), _SIZE),
    )


def marker_path(style: Style, middle: tuple[float, float], size: float) -> str:
    """The outline of a marker as the `d` of an SVG path.

    Args:
        style: whose marker.
        middle: where it is.
        size: of a marker that fills its square; in the units of the place.
    """
    x, y = middle
    return "".join(
        f"M{'L'.join(f'{x + size * a:.1f} {y - size * b:.1f}' for a, b in polygon)}Z"
        for polygon in _outline(style.marker)
    )


@cache
def _outline(marker: str) -> list[list[tuple[float, float]]]:
    """Polygons of a marker of size 1 around 0."""
    found = MarkerStyle(marker)
    path = found.get_path().transformed(found.get_transform())
    return [[(float(x), float(y)) for x, y in np.asarray(polygon)] for polygon in path.to_polygons(closed_only=False)]
