"""Accuracy of networks under attack."""

from __future__ import annotations

import pandas as pd

from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.reporting.drawing.axes import canvas, epsilon_axis
from benchmarks.reporting.drawing.curves import band
from benchmarks.reporting.drawing.style import style_of
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.robustness import attack_names, curve_names
from benchmarks.reporting.figures.base import Drawing, NoData, Panel, figure
from benchmarks.reporting.formatting import count, interval_words


@figure("robustness", section="attack", order=10, title="Accuracy under attack")
def robustness(evidence: Evidence) -> Drawing:
    """Accuracy over the radius of the ball, clean images at 0, with 95 % bands; a panel per attack."""
    table = evidence.robustness
    if not attack_names(table):
        raise NoData("No network has been attacked yet.")
    panels = []
    for attack in curve_names(table):
        drawn, axes = canvas()
        curves = with_clean(table, attack)
        for network in evidence.networks:
            own = curves[curves["network"] == network.label].sort_values("epsilon")
            ends = {end: 100 * own[f"accuracy_{end}"] for end in ("low", "high")}
            band(axes, style_of(network), own.assign(x=own["epsilon"], y=100 * own["accuracy"], **ends))
        axes.set_ylim(-3, 103)
        epsilon_axis(axes, curves)
        axes.set_title(attack)
        axes.set_ylabel("accuracy (%)")
        panels.append(Panel(figure=drawn))
    return Drawing(
        panels=panels,
        caption=f"At radius 0 the same {count(table['images'].max())} images without attack. Bands: "
        f"{interval_words(table['seeds'])}. Wrongly classified images count as wrong and are attacked "
        "like the others. FGSM takes one step: alone it is no evidence that a network is robust.",
        legend=[network for network in evidence.networks if network.label in set(table["network"])],
    )


def with_clean(table: pd.DataFrame, attack: str) -> pd.DataFrame:
    """Rows of one attack, and those without attack as its radius 0."""
    return table[table["attack"].isin([CLEAN, attack])]
