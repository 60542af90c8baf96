"""How much of the saved multiply-accumulates is saved time."""

from __future__ import annotations

import pandas as pd

from benchmarks.reporting.drawing.axes import canvas
from benchmarks.reporting.drawing.curves import settings_curve
from benchmarks.reporting.drawing.style import FAINT
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.figures.base import Drawing, NoData, Panel, figure
from benchmarks.reporting.findings.timing import twins_note
from benchmarks.reporting.formatting import percent, significant


@figure("realised", section="time", order=20, title="Saved multiply-accumulates against saved time")
def realised(evidence: Evidence) -> Drawing:
    """Time over executed cost of every setting, relative to the same network computing everything."""
    sizes = sorted({*evidence.batch_sizes[:1], *evidence.batch_sizes[-1:]})
    dynamic = evidence.results[evidence.results["executed_timed"] < evidence.results["nominal_timed"]]
    if not sizes or dynamic.dropna(subset=[f"realised_{sizes[0]}"]).empty:
        raise NoData("No network that saves multiply-accumulates was timed yet.")
    shown = set(dynamic.dropna(subset=[f"realised_{sizes[0]}"])["network"])
    own = evidence.results[evidence.results["network"].isin(shown)]
    return Drawing(
        panels=[_panel(evidence, own, size) for size in sizes],
        caption="On the diagonal every saved multiply-accumulate saved its time (realised speed-up 1.0); "
        "above it, gathering images, gates and exits cost what skipping saved; at 100 % of the time "
        "nothing was gained. Both axes are relative to the same network computing every unit, timed in turns in "
        f"the same process; times are means, and MACs those of the seeds that were timed.{twins_note(evidence)}",
        legend=[network for network in evidence.networks if network.label in shown],
    )


def _panel(evidence: Evidence, points: pd.DataFrame, size: int) -> Panel:
    table = points.dropna(subset=["executed_timed", f"realised_{size}"])
    x = table["executed_timed"] / table["nominal_timed"]
    y = x / table[f"realised_{size}"]
    rows = table[["network", "headline"]].assign(x=100 * x, y=100 * y, low=100 * y, high=100 * y)
    drawn, axes = canvas()
    top = max(105.0, float(rows["y"].max()) * 1.06)
    axes.plot([0, top], [0, top], color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.axhline(100, color=FAINT, linewidth=0.8, zorder=1)
    tips: dict[str, str] = {}
    for network in evidence.networks:
        own = rows[rows["network"] == network.label]
        texts = [
            f"{network.name}, {setting}: {percent(cost / 100, 0)} % of the MACs in {percent(time / 100, 0)} % "
            f"of the time, realised {significant(cost / time, 2)}"
            for setting, cost, time in zip(table.loc[own.index, "setting"], own["x"], own["y"], strict=True)
        ]
        tips |= settings_curve(axes, network, own, texts)
    axes.set_xlim(0, 105)
    axes.set_ylim(0, top)
    axes.set_title("One image at a time" if size == 1 else f"Batches of {size}")
    axes.set_xlabel("executed multiply-accumulates (% of the network's nominal)")
    axes.set_ylabel("time (% of computing everything)")
    return Panel(figure=drawn, tips=tips)
