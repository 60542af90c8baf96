"""Two ways to spend a budget with the exits of one network."""

from __future__ import annotations

from benchmarks.reporting.drawing.axes import canvas
from benchmarks.reporting.drawing.curves import static_line
from benchmarks.reporting.drawing.style import COLORS, owned, style_of
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.figures.base import Drawing, Panel, network_figure
from benchmarks.reporting.findings.budgeted import Budgeted, budgeted
from benchmarks.reporting.findings.static_curve import CURVE, static_points
from benchmarks.reporting.formatting import count, listing, points

BUDGETED, ANYTIME = "budgeted batch", "anytime"


@network_figure("budgeted", section="routes", order=31, title="Budgeted batches and anytime prediction")
def budgeted_batches(evidence: Evidence, network: NetworkEvidence) -> Drawing | None:
    """Accuracy over mean cost of both, first seed; None for networks without early exits."""
    found = budgeted(network)
    if found is None or not found.anytime:
        return None
    drawn, axes = canvas()
    size = evidence.unit.size
    axes.plot(
        found.rule.macs / size,
        100 * found.rule.accuracy,
        color=style_of(network).color,
        marker="o",
        markersize=3.5,
        label=BUDGETED,
        gid=owned(network, BUDGETED),
    )
    ordered = sorted(found.anytime.values())
    axes.plot(
        [macs / size for macs, _ in ordered],
        [100 * accuracy for _, accuracy in ordered],
        color=COLORS[1] if style_of(network).color != COLORS[1] else COLORS[0],
        marker="s",
        linestyle=":",
        label=ANYTIME,
        gid=owned(network, ANYTIME),
    )
    static = static_points(evidence, "macs")
    if static:
        static_line(axes, [macs / size for macs, _ in static], [100 * accuracy for _, accuracy in static])
    axes.set_xlabel(f"mean routed multiply-accumulates per image ({evidence.unit.name} MACs)")
    axes.set_ylabel("test accuracy (%)")
    drawn.legend(loc="outside upper center", ncols=2, fontsize=8)
    caption = (
        "Anytime: all images leave at the same exit, and no earlier head runs. Budgeted: easy images leave early, by "
        "thresholds of the geometric family of Huang et al. (2018), made on validation images and read on "
        f"{count(found.images)} test images. {CURVE if static else ''}{_verdict(found)}"
    )
    return Drawing(panels=[Panel(figure=drawn)], caption=caption)


def _verdict(found: Budgeted) -> str:
    paper = "Huang et al. (2018, Figures 5 and 7) find budgeted batches of MSDNet more accurate at equal mean cost"
    if found.difference is None:
        return f"{paper}; here no exit alone costs what some budgeted batch costs."
    value, low, high = found.difference
    verdict = "which agrees" if low > 0 else "which contradicts it" if high < 0 else "which cannot be told from none"
    return (
        f"{paper}; here the difference is {points(value)} points ({points(low)} to {points(high)}, 95 %), "
        f"{verdict}: mean over the costs of {listing([f'“{name}”' for name in found.compared])}, same images."
    )
