"""Whether a network holds under attack."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from benchmarks.records.summary import CLEAN
from benchmarks.reporting.drawing.formatting import count, epsilons, interval_words
from benchmarks.reporting.drawing.marks import band
from benchmarks.reporting.evidence import attacks
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.figures.base import Drawing, NoData, Panel, canvas, figure


@figure("robustness", section="attack", order=10, title="Accuracy under attack")
def robustness(evidence: Evidence) -> Drawing:
    """Accuracy over the radius of the ball, clean pictures at 0, with 95 % bands; a panel per attack."""
    table = evidence.attacks
    if not attacks.names(table):
        raise NoData("No network has been attacked yet.")
    panels = []
    for attack in attacks.names(table):
        drawn, axes = canvas()
        curves = with_clean(table, attack)
        for entry in evidence.entries:
            own = curves[curves["entry"] == entry.label].sort_values("epsilon")
            ends = {end: 100 * own[f"accuracy_{end}"] for end in ("low", "high")}
            band(axes, entry.style, own.assign(x=own["epsilon"], y=100 * own["accuracy"], **ends))
        axes.set_ylim(-3, 103)
        epsilon_axis(axes, curves)
        axes.set_title(attack)
        axes.set_ylabel("accuracy (%)")
        panels.append(Panel(figure=drawn))
    return Drawing(
        panels=panels,
        caption=f"At radius 0 the same {count(table['pictures'].max())} pictures without attack. Bands: "
        f"{interval_words(table['seeds'].max())}. Wrongly classified pictures count as lost and are attacked "
        "like the others. FGSM takes one step: alone it is no evidence that a network holds.",
        legend=[entry for entry in evidence.entries if entry.label in set(table["entry"])],
    )


def with_clean(table: pd.DataFrame, attack: str) -> pd.DataFrame:
    """Rows of one attack, and those without attack as its radius 0."""
    return table[table["attack"].isin([CLEAN, attack])]


def epsilon_axis(axes: Axes, curves: pd.DataFrame) -> None:
    """Ticks at the radii that were measured, written as people write them."""
    names = epsilons(curves["epsilon"])
    axes.set_xticks(list(names), list(names.values()))
    axes.set_xlabel("radius ε of the L∞ ball (pixels in [0, 1])")
