"""The symbol of a network's colour, marker and line that is shown before its name."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup
from matplotlib.markers import MarkerStyle
from numpy.typing import NDArray

from benchmarks.reporting.drawing.style import PAPER, Style
from benchmarks.reporting.drawing.theme import VARIABLES

_DASHES = {"-": "none", "--": "4 2", ":": "1.2 1.8", "-.": "4 1.5 1 1.5"}
_SIZE = 8.0


def legend_key(style: Style) -> Markup:
    """An inline SVG of 26 x 12 pixels without ids, so that a page may contain it many times."""
    marker = MarkerStyle(style.marker)
    outline = marker.get_path().transformed(marker.get_transform())
    polygons = [np.asarray(polygon) for polygon in outline.to_polygons(closed_only=False)]
    path = "".join(f"M{_points(polygon)}Z" for polygon in polygons)
    return Markup(
        '<svg class="key" viewBox="0 0 26 12" width="26" height="12" aria-hidden="true">'
        '<path d="M1 6H25" style="stroke:{color};stroke-width:1.5;stroke-dasharray:{dashes}"/>'
        '<path d="{path}" style="fill:{color};stroke:{paper};stroke-width:.6"/></svg>'
    ).format(color=VARIABLES[style.color], paper=VARIABLES[PAPER], dashes=_DASHES[style.line], path=path)


def _points(polygon: NDArray[np.float64]) -> str:
    return "L".join(f"{13 + _SIZE * x:.1f} {6 - _SIZE * y:.1f}" for x, y in polygon)
