"""Which network is worth its multiply-accumulates."""

from __future__ import annotations

from benchmarks.reporting.drawing.formatting import count, interval_words, percent
from benchmarks.reporting.drawing.marks import accuracy_axis, cost_axis, settings_curve
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.figures.base import Drawing, NoData, Panel, canvas, figure


@figure("accuracy-macs", section="worth", order=10, title="Accuracy against multiply-accumulates")
def accuracy_macs(evidence: Evidence) -> Drawing:
    """Every setting of every network: test accuracy over mean routed cost, with 95 % intervals."""
    unit = evidence.unit
    table = evidence.points.dropna(subset=["accuracy", "routed"])
    if table.empty:
        raise NoData("No network has both its accuracy and its cost measured yet.")
    rows = table[["entry", "headline"]].assign(
        x=table["routed"] / unit.size,
        y=100 * table["accuracy"],
        low=100 * table["accuracy_low"],
        high=100 * table["accuracy_high"],
    )
    drawn, axes = canvas(6.4, 3.9)
    tips: dict[str, str] = {}
    for entry in evidence.entries:
        own = table[table["entry"] == entry.label].to_dict("records")
        texts = [
            f"{entry.name}, {row['setting']}: {percent(row['accuracy'])} % at "
            f"{unit.format(row['routed'])} {unit.name} MACs"
            for row in own
        ]
        tips |= settings_curve(axes, entry, rows[rows["entry"] == entry.label], texts)
    cost_axis(axes, list(rows["x"]))
    outside = accuracy_axis(axes, rows)
    axes.set_xlabel(f"mean routed multiply-accumulates per picture ({unit.name} MACs)")
    axes.set_ylabel("test accuracy (%)")
    drawn_entries = [entry for entry in evidence.entries if entry.label in set(table["entry"])]
    return Drawing(panels=[Panel(figure=drawn, tips=tips)], caption=_caption(evidence) + outside, legend=drawn_entries)


def _caption(evidence: Evidence) -> str:
    pictures = evidence.points["samples"].max()
    bars = interval_words(evidence.points["seeds"].max())
    return (
        "Up and to the left is better. A line joins the settings of one trained network; the large filled "
        f"mark is the setting that headlines report. Bars are {bars}, from {count(pictures)} test pictures."
    )
