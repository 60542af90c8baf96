"""How much pictures differ in what they cost."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from benchmarks.reporting.drawing.formatting import count
from benchmarks.reporting.drawing.style import INK
from benchmarks.reporting.evidence import routes
from benchmarks.reporting.evidence.evidence import Entry, Evidence
from benchmarks.reporting.figures.base import Drawing, NoData, Panel, canvas, entry_figure

BINS = 40


@entry_figure("histogram", section="routes", order=30, title="Multiply-accumulates per picture")
def histogram(evidence: Evidence, entry: Entry) -> Drawing | None:
    """Share of pictures by routed cost, headline setting, first seed; None where all routes are equal."""
    table = entry.first.headline_answers()
    if table is None:
        raise NoData(f"The costs of {entry.name} are not known: accuracy {entry.reason('accuracy')}.")
    if not routes.varies(table):
        return None
    unit = evidence.unit
    macs = table["macs"] / unit.size
    nominal = _nominal(entry)
    drawn, axes = canvas(height=2.9)
    top = max(macs.max(), nominal / unit.size if nominal else 0.0) * 1.04
    axes.hist(
        macs,
        bins=np.linspace(0, top, BINS + 1).tolist(),
        weights=np.full(len(macs), 100 / len(macs)),
        histtype="stepfilled",
        color=entry.style.color,
    )
    axes.axvline(macs.mean(), color=INK, linewidth=1.2)
    _write(axes, macs.mean(), " mean", "left")
    if nominal:
        axes.axvline(nominal / unit.size, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        _write(axes, nominal / unit.size, "nominal ", "right")
    axes.set_xlim(0, top)
    axes.set_xlabel(f"routed multiply-accumulates ({unit.name} MACs)")
    axes.set_ylabel("share of pictures (%)")
    return Drawing(panels=[Panel(figure=drawn)], caption=_caption(evidence, table))


def _write(axes: Axes, x: float, word: str, side: Literal["left", "right"]) -> None:
    axes.text(x, 0.99, word, transform=axes.get_xaxis_transform(), va="top", ha=side, fontsize=8)


def _nominal(entry: Entry) -> float | None:
    ledger = entry.first.tables.get("ledger")
    return None if ledger is None else float(ledger["macs"].sum())


def _caption(evidence: Evidence, table: pd.DataFrame) -> str:
    unit = evidence.unit
    low, high = (float(table["macs"].quantile(q)) for q in (0.05, 0.95))
    return (
        f"Mean {unit.format(table['macs'].mean())} {unit.name} MACs; nine pictures of ten lie between "
        f"{unit.format(low)} and {unit.format(high)}. {count(len(table))} test pictures, one bar per "
        f"{BINS}th of the axis."
    )
