"""Which network is worth its multiply-accumulates."""

from __future__ import annotations

from benchmarks.reporting.drawing.axes import accuracy_axis, canvas, cost_axis
from benchmarks.reporting.drawing.curves import settings_curve, static_line, variants_line
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.figures.base import Drawing, NoData, Panel, figure
from benchmarks.reporting.findings.method_curves import variants
from benchmarks.reporting.findings.static_curve import CURVE, static_points
from benchmarks.reporting.formatting import count, interval_words, percent

VARIANTS = " A broad line joins networks of one method that differ in one parameter."


@figure("accuracy-macs", section="worth", order=10, title="Accuracy against multiply-accumulates")
def accuracy_macs(evidence: Evidence) -> Drawing:
    """Every setting of every network: test accuracy over mean routed cost, with 95 % intervals."""
    unit = evidence.unit
    columns = ["network", "setting", "headline", "accuracy", "accuracy_low", "accuracy_high", "routed"]
    table = evidence.results[columns].dropna(subset=["accuracy", "routed"])
    if table.empty:
        raise NoData("No network has both its accuracy and its cost measured yet.")
    rows = table[["network", "headline"]].assign(
        x=table["routed"] / unit.size,
        y=100 * table["accuracy"],
        low=100 * table["accuracy_low"],
        high=100 * table["accuracy_high"],
    )
    drawn, axes = canvas(6.4, 3.9)
    tips: dict[str, str] = {}
    for network in evidence.networks:
        own = table[table["network"] == network.label].to_dict("records")
        texts = [
            f"{network.name}, {row['setting']}: {percent(row['accuracy'])} % at "
            f"{unit.format(row['routed'])} {unit.name} MACs"
            for row in own
        ]
        tips |= settings_curve(axes, network, rows[rows["network"] == network.label], texts)
    for _, same in variants(evidence):
        ordered = sorted((evidence.value(n, "routed") / unit.size, 100 * evidence.value(n, "accuracy")) for n in same)
        variants_line(axes, same[0], [x for x, _ in ordered], [y for _, y in ordered])
    static = static_points(evidence, "macs")
    if static:
        static_line(axes, [cost / unit.size for cost, _ in static], [100 * accuracy for _, accuracy in static])
    cost_axis(axes, list(rows["x"]))
    outside = accuracy_axis(axes, rows)
    axes.set_xlabel(f"mean routed multiply-accumulates per image ({unit.name} MACs)")
    axes.set_ylabel("test accuracy (%)")
    drawn_networks = [network for network in evidence.networks if network.label in set(table["network"])]
    return Drawing(panels=[Panel(figure=drawn, tips=tips)], caption=_caption(evidence) + outside, legend=drawn_networks)


def _caption(evidence: Evidence) -> str:
    images = evidence.results["samples"].max()
    bars = interval_words(evidence.results["seeds"])
    joined = VARIANTS if variants(evidence) else ""
    return (
        f"Up and to the left is better. {CURVE}A line joins the settings of one trained network; the large filled "
        f"mark is the setting that headlines report.{joined} Bars are {bars}, from {count(images)} test images."
    )
