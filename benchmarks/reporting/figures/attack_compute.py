"""What attacks do to the computation: an adversarial image may also cost more."""

from __future__ import annotations

import pandas as pd

from benchmarks.reporting.drawing.axes import canvas, epsilon_axis
from benchmarks.reporting.drawing.style import FAINT, PAPER, owned, style_of
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.robustness import attack_names, curve_names
from benchmarks.reporting.evidence.slowdown import CLEAN, COST
from benchmarks.reporting.figures.base import Drawing, NoData, Panel, figure
from benchmarks.reporting.figures.robustness import with_clean

SLOWDOWN = "slowdown"
AIMED = "The slowdown attack aims at the cost, the others at the answer."
UNAIMED = "The attacks aim at the answer, not at the cost: an attack on the cost could cost more."


@figure("attack-compute", section="attack", order=20, title="Computation under attack")
def attack_compute(evidence: Evidence) -> Drawing:
    """Mean routed cost relative to the same images without attack, one panel per attack, the one on the cost last."""
    slowed = _slowdown(evidence)
    table = pd.concat([evidence.robustness, slowed], ignore_index=True) if len(slowed) else evidence.robustness
    if not attack_names(evidence.robustness) and slowed.empty:
        raise NoData("No network has been attacked yet.")
    spread = table.dropna(subset=["relative"]).groupby("network")["relative"].agg(lambda x: x.max() - x.min())
    moving = [network for network in evidence.networks if spread.get(network.label, 0.0) > 0]
    if not moving:
        raise NoData("No attack changed the cost of any network: their routes do not depend on the image.")
    panels = []
    attacks = [*curve_names(evidence.robustness), *([SLOWDOWN] if len(slowed) else [])]
    for attack in attacks:
        drawn, axes = canvas(height=3.1)
        curves = slowed if attack == SLOWDOWN else with_clean(table, attack)
        for network in moving:
            own = curves[curves["network"] == network.label].sort_values("epsilon")
            style = style_of(network)
            axes.plot(
                own["epsilon"],
                100 * own["relative"],
                color=style.color,
                linestyle=style.line,
                marker=style.marker,
                mec=PAPER,
                gid=owned(network),
            )
        axes.axhline(100, color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
        epsilon_axis(axes, curves)
        axes.set_title(attack)
        axes.set_ylabel("mean routed MACs (% of clean)")
        panels.append(Panel(figure=drawn))
    return Drawing(
        panels=panels,
        caption="Above the dashed line attacked images cost more than clean ones, below it less. "
        f"{AIMED if len(slowed) else UNAIMED} Networks whose cost never changes are left out.",
        legend=moving,
    )


def _slowdown(evidence: Evidence) -> pd.DataFrame:
    """The attack on the cost and its clean images, with the columns of `Evidence.robustness` that are drawn."""
    measured = evidence.slowdown
    if measured.empty:
        return measured
    chosen = measured[measured["goal"].isin([CLEAN, COST])]
    relative = chosen["growth"].where(chosen["goal"] == COST, 1.0)
    return chosen.assign(attack=SLOWDOWN, relative=relative)[["network", "attack", "epsilon", "relative"]]
