"""How far the taps of deformable convolutions are moved, and how differently."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from benchmarks.reporting.drawing.axes import canvas
from benchmarks.reporting.drawing.style import FAINT, INK, owned, style_of
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.inside import by_layer, depend_on_class, found_inside, labels_of
from benchmarks.reporting.evidence.route_statistics import explained_by_class
from benchmarks.reporting.figures.base import Drawing, Panel, network_figure
from benchmarks.reporting.formatting import count, percent, significant
from benchmarks.statistics import LEVEL, Floats


@network_figure("offsets", section="routes", order=41, title="Reach and spread of offsets")
def offsets(evidence: Evidence, network: NetworkEvidence) -> Drawing | None:
    """Means over images by layer with 95 % intervals, first seed; None for networks without offsets."""
    rows = found_inside(network, "offsets")
    if rows is None:
        return None
    layers = list(dict.fromkeys(rows["layer"]))
    places = np.arange(len(layers))
    drawn, axes = canvas(height=2.8)
    for name, column, color, shift in (
        ("reach", "value", style_of(network).color, -0.2),
        ("spread", "spread", FAINT, 0.2),
    ):
        values = by_layer(rows, column)
        means, half = values.mean(axis=0), _half(values)
        axes.bar(places + shift, means, width=0.36, color=color, label=[f"{layer}, {name}" for layer in layers])
        axes.vlines(places + shift, means - half, means + half, color=INK, linewidth=1.4, gid=owned(network, name))
    axes.set_xticks(places, layers, rotation=30 if len(layers) > 3 else 0, ha="right" if len(layers) > 3 else "center")
    axes.set_xlim(-0.6, len(layers) - 0.4)
    axes.set_ylabel("pixels of the layer’s input")
    return Drawing(panels=[Panel(figure=drawn)], caption=_caption(layers, by_layer(rows), labels_of(rows)))


def _half(values: Floats) -> Floats:
    """Half the width of the 95 % interval of every column's mean."""
    return np.asarray(norm.ppf((1 + LEVEL) / 2) * values.std(axis=0, ddof=1) / np.sqrt(len(values)))


def _caption(layers: Sequence[str], reach: Floats, labels: NDArray[np.int_]) -> str:
    clear = depend_on_class(reach, labels)
    explained = np.where(clear, explained_by_class(reach, labels), 0.0)
    share = f"the class explains up to {percent(float(explained.max()), 0)} % of its variance, " if clear.any() else ""
    low, high = np.quantile(reach[:, -1], [0.05, 0.95])
    return (
        "Colour: reach, the mean length of a layer’s offsets over taps and places. Grey: spread, the root of their "
        "mean squared distance from the mean offset; 0 would be a shift of the whole kernel. Lines are 95 % intervals "
        f"over {count(len(reach))} test images, first seed. Dai et al. (2017) find that reach follows the content of "
        f"the image, such as the size of objects. Here nine images of ten reach {significant(float(low))} to "
        f"{significant(float(high))} pixels in {layers[-1]}, and reach differs between classes in {int(clear.sum())} "
        f"of {len(layers)} layers (F test, 5 % for all together): {share}which "
        f"{'agrees' if clear.any() else 'does not agree'}."
    )
