"""What attacks do to the computation: a picture made to mislead may also be made to cost."""

from __future__ import annotations

from benchmarks.reporting.drawing.style import FAINT
from benchmarks.reporting.evidence import attacks
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.figures.base import Drawing, NoData, Panel, canvas, figure
from benchmarks.reporting.figures.robustness import epsilon_axis, with_clean


@figure("attack-compute", section="attack", order=20, title="Computation under attack")
def attack_compute(evidence: Evidence) -> Drawing:
    """Mean routed cost relative to the same pictures without attack, one panel per attack."""
    table = evidence.attacks
    if not attacks.names(table):
        raise NoData("No network has been attacked yet.")
    spread = table.dropna(subset=["relative"]).groupby("entry")["relative"].agg(lambda x: x.max() - x.min())
    moving = [entry for entry in evidence.entries if spread.get(entry.label, 0.0) > 0]
    if not moving:
        raise NoData("No attack changed the cost of any network: their routes do not depend on the picture.")
    panels = []
    for attack in attacks.names(table):
        drawn, axes = canvas(height=3.1)
        curves = with_clean(table, attack)
        for entry in moving:
            own = curves[curves["entry"] == entry.label].sort_values("epsilon")
            style = entry.style
            axes.plot(
                own["epsilon"],
                100 * own["relative"],
                color=style.color,
                linestyle=style.line,
                marker=style.marker,
                mec="white",
            )
        axes.axhline(100, color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
        epsilon_axis(axes, curves)
        axes.set_title(attack)
        axes.set_ylabel("mean routed MACs (% of clean)")
        panels.append(Panel(figure=drawn))
    return Drawing(
        panels=panels,
        caption="Above the dashed line attacked pictures cost more than clean ones, below it less. The "
        "attacks aim at the answer, not at the cost: an attack on the cost could do worse. Networks whose "
        "cost never changes are left out.",
        legend=moving,
    )
