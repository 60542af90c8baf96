"""Which network is worth its multiply-accumulates."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from benchmarks.reporting.drawing.axes import accuracy_axis, canvas, cost_axis
from benchmarks.reporting.drawing.curves import settings_curve, static_line, variants_line
from benchmarks.reporting.drawing.labels import label_headlines
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.figures.base import Drawing, NoData, Panel, figure
from benchmarks.reporting.findings.method_curves import variants
from benchmarks.reporting.findings.pareto import in_front, muted_words, named
from benchmarks.reporting.findings.static_curve import CURVE, costs, static_points
from benchmarks.reporting.formatting import count, interval_words, percent

VARIANTS = " A broad line joins networks of one method that differ in one parameter."
WIDE, NARROW = (6.6, 4.2), (3.9, 4.2)
"""Inches, on a desk and on a phone."""


@figure("accuracy-macs", section="overview", order=10, title="Accuracy against multiply-accumulates")
def accuracy_macs(evidence: Evidence) -> Drawing:
    """Every setting of every network: test accuracy over mean routed cost; those that matter in colour, with names."""
    unit = evidence.unit
    columns = ["network", "setting", "headline", "accuracy", "accuracy_low", "accuracy_high", "routed"]
    table = evidence.results[columns].dropna(subset=["accuracy", "routed"])
    if table.empty:
        raise NoData("No network has both its accuracy and its cost measured yet.")
    rows = table.assign(
        x=table["routed"] / unit.size,
        y=100 * table["accuracy"],
        low=100 * table["accuracy_low"],
        high=100 * table["accuracy_high"],
    )
    front = in_front(evidence, costs(evidence)[0])
    wide, tips, outside = _draw(evidence, rows, front, WIDE, "multiply-accumulates")
    narrow, _, _ = _draw(evidence, rows, front, NARROW, "cost")
    drawn = [network for network in evidence.networks if network.label in set(table["network"])]
    caption = _caption(evidence) + outside
    return Drawing(panels=[Panel(figure=wide, narrow=narrow, tips=tips)], caption=caption, legend=drawn)


def _draw(
    evidence: Evidence, rows: pd.DataFrame, front: list[NetworkEvidence], inches: tuple[float, float], what: str
) -> tuple[Figure, dict[str, str], str]:
    """The figure, its tips, and what is outside of it."""
    unit = evidence.unit
    drawn, axes = canvas(*inches)
    tips: dict[str, str] = {}
    for network in evidence.networks:
        own = rows[rows["network"] == network.label]
        texts = [
            f"{network.name}, {row['setting']}: {percent(row['accuracy'])} % at "
            f"{unit.format(row['routed'])} {unit.name} MACs"
            for row in own.to_dict("records")
        ]
        tips |= settings_curve(axes, network, own, texts, muted=network not in front)
    for _, same in variants(evidence):
        ordered = sorted((evidence.value(n, "routed") / unit.size, 100 * evidence.value(n, "accuracy")) for n in same)
        variants_line(axes, same[0], [x for x, _ in ordered], [y for _, y in ordered])
    static = static_points(evidence, "macs")
    if static:
        static_line(axes, [cost / unit.size for cost, _ in static], [100 * accuracy for _, accuracy in static])
    cost_axis(axes, list(rows["x"]))
    outside = accuracy_axis(axes, rows)
    axes.set_xlabel(f"mean routed {what} per image ({unit.name} MACs)")
    axes.set_ylabel("test accuracy (%)")
    label_headlines(axes, rows, named(evidence, front))
    return drawn, tips, outside


def _caption(evidence: Evidence) -> str:
    images = evidence.results["samples"].max()
    bars = interval_words(evidence.results["seeds"])
    joined = VARIANTS if variants(evidence) else ""
    return (
        f"Up and to the left is better. {CURVE}A line joins the settings of one trained network; the large filled "
        f"mark is the setting that headlines report.{joined} {muted_words(evidence)}Bars are {bars}, from "
        f"{count(images)} test images."
    )
