"""Where images leave an early-exit network."""

from __future__ import annotations

import numpy as np
import seaborn as sns

from benchmarks.reporting.drawing.axes import canvas
from benchmarks.reporting.drawing.style import INK, PAPER, SEQUENTIAL
from benchmarks.reporting.evidence import routes
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.figures.base import Drawing, Panel, network_figure
from benchmarks.reporting.formatting import count

WRITTEN = 0.06
"""The smallest share whose bar has its number inside."""


@network_figure("exits", section="routes", order=15, title="Where images leave")
def exits(evidence: Evidence, network: NetworkEvidence) -> Drawing | None:
    """Share of images per exit, one bar per setting, first seed; None for networks without exits."""
    model = network.first
    table = model.measurements.get("accuracy")
    if table is None or not routes.exit_units(model.units):
        return None
    shares = routes.exit_shares(table, model.units)
    drawn, axes = canvas(height=1.3 + 0.33 * len(shares))
    colors = sns.color_palette(SEQUENTIAL, len(shares.columns) + 1)[1:]
    left = np.zeros(len(shares))
    for number, name in enumerate(shares.columns):
        widths = shares[name].to_numpy(dtype=float)
        bars = axes.barh(range(len(shares)), 100 * widths, left=100 * left, color=colors[number], label=name)
        dark = number >= len(shares.columns) / 2
        axes.bar_label(
            bars,
            labels=[f"{100 * width:.0f}" if width >= WRITTEN else "" for width in widths],
            label_type="center",
            fontsize=8,
            color=PAPER if dark else INK,
        )
        left = left + widths
    axes.set_yticks(range(len(shares)), list(shares.index))
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of images (%)")
    drawn.legend(loc="outside upper center", ncols=min(5, len(shares.columns)), fontsize=8, handlelength=1.2)
    samples = len(table) // table["setting"].nunique()
    return Drawing(
        panels=[Panel(figure=drawn)],
        caption=f"The last exit that each image's route used, at every setting; {count(samples)} test "
        "images. The deeper the blue, the deeper the image went.",
    )
