"""How much the cost differs between images."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from benchmarks.reporting.drawing.axes import canvas
from benchmarks.reporting.drawing.style import INK, style_of
from benchmarks.reporting.evidence import routes
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.figures.base import Drawing, NoData, Panel, network_figure
from benchmarks.reporting.formatting import count

BINS = 40


@network_figure("histogram", section="routes", order=30, title="Multiply-accumulates per image")
def histogram(evidence: Evidence, network: NetworkEvidence) -> Drawing | None:
    """Share of images by routed cost, headline setting, first seed; None where all routes are equal."""
    table = network.first.headline_answers()
    if table is None:
        raise NoData(f"The costs of {network.name} are not known: accuracy {network.reason('accuracy')}.")
    if not routes.varies(table):
        return None
    unit = evidence.unit
    macs = table["macs"] / unit.size
    nominal = _nominal(network)
    drawn, axes = canvas(height=2.9)
    top = max(macs.max(), nominal / unit.size if nominal else 0.0) * 1.04
    images, edges = np.histogram(macs, bins=np.linspace(0, top, BINS + 1))
    axes.stairs(100 * images / len(macs), edges, fill=True, color=style_of(network).color)
    axes.axvline(macs.mean(), color=INK, linewidth=1.2)
    _write(axes, macs.mean(), "mean", "left")
    if nominal:
        axes.axvline(nominal / unit.size, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        _write(axes, nominal / unit.size, "nominal", "right")
    axes.set_xlim(0, top)
    axes.set_xlabel(f"routed multiply-accumulates ({unit.name} MACs)")
    axes.set_ylabel("share of images (%)")
    return Drawing(panels=[Panel(figure=drawn)], caption=_caption(evidence, network, table))


def _write(axes: Axes, x: float, word: str, side: Literal["left", "right"]) -> None:
    away = 3 if side == "left" else -3  # points: spaces at a text's ends are lost in SVG
    along = axes.get_xaxis_transform()
    axes.annotate(word, (x, 0.99), (away, 0), along, "offset points", va="top", ha=side, fontsize=8)


def _nominal(network: NetworkEvidence) -> float | None:
    ledger = network.first.measurements.get("ledger")
    return None if ledger is None else float(ledger["macs"].sum())


def _caption(evidence: Evidence, network: NetworkEvidence, table: pd.DataFrame) -> str:
    unit = evidence.unit
    seed = ", first seed" if len(network.models) > 1 else ""
    low, high = (float(table["macs"].quantile(q)) for q in (0.05, 0.95))
    return (
        f"Mean {unit.format(table['macs'].mean())} {unit.name} MACs; nine images of ten are between "
        f"{unit.format(low)} and {unit.format(high)}. {count(len(table))} test images{seed}, one bar per "
        f"{BINS}th of the axis."
    )
