"""How far the transform gates of a highway network are open."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import norm

from benchmarks.reporting.claims.inside import CLOSED
from benchmarks.reporting.drawing.heatmap import heatmap
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.inside import by_layer, depend_on_class, found_inside, labels_of
from benchmarks.reporting.evidence.route_statistics import explained_by_class
from benchmarks.reporting.figures.base import Drawing, Panel, network_figure
from benchmarks.reporting.formatting import count, percent
from benchmarks.statistics import LEVEL, Floats


@network_figure("gates", section="routes", order=40, title="How far transform gates are open")
def gates(evidence: Evidence, network: NetworkEvidence) -> Drawing | None:
    """Layers x classes in percent, first seed; None for networks without such gates."""
    rows = found_inside(network, "openness")
    if rows is None:
        return None
    values, labels, layers = by_layer(rows), labels_of(rows), list(dict.fromkeys(rows["layer"]))
    means = pd.DataFrame(values, columns=layers).groupby(labels).mean()
    shares = 100 * means.T.to_numpy()
    ends = {"low": math.floor(shares.min()), "high": math.ceil(shares.max())}
    drawn, axes = heatmap(shares, rows=layers, columns=evidence.names_of(means.index), **ends, digits=1)
    axes.set_xlabel("class")
    return Drawing(panels=[Panel(figure=drawn)], caption=_caption(network, values, labels))


def _caption(network: NetworkEvidence, values: Floats, labels: NDArray[np.int_]) -> str:
    images, layers = values.shape
    whole = values.mean(axis=1)
    bias = network.first.resolved.get("gate_bias")
    start = "" if bias is None else f", from {percent(float(expit(bias)))} % before training"
    half = float(norm.ppf((1 + LEVEL) / 2) * whole.std(ddof=1) / np.sqrt(images))
    closed = int((values.mean(axis=0) < CLOSED).sum())
    clear = depend_on_class(values, labels)
    explained = np.where(clear, explained_by_class(values, labels), 0.0)
    told = f", of whose variance the class explains up to {percent(float(explained.max()), 0)} %" if clear.any() else ""
    return (
        "Mean of a layer’s gates over places and channels: at 0 it keeps its input, at 100 it replaces it. "
        f"{count(images)} test images, first seed; over all layers {percent(float(whole.mean()), 2)} % "
        f"(95 %: {percent(float(whole.mean()) - half, 2)} to {percent(float(whole.mean()) + half, 2)}){start}. "
        "Srivastava et al. "
        "(2015) find that most gates of deep networks are nearly closed, and that gates depend on the image and on its "
        f"class. Here {closed} of {layers} layers are open by less than {percent(CLOSED, 0)} %, which "
        f"{'agrees' if closed > layers / 2 else 'does not agree'}; openness differs between classes in "
        f"{int(clear.sum())} of {layers} layers (F test, 5 % for all together){told}, which "
        f"{'agrees' if clear.any() else 'does not agree'}."
    )
