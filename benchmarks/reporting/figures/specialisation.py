"""Which units are for some classes more than for others, by depth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.reporting.drawing.axes import canvas
from benchmarks.reporting.drawing.style import style_of
from benchmarks.reporting.evidence import routes
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.route_statistics import explained_by_class
from benchmarks.reporting.figures.base import Drawing, Panel, network_figure
from benchmarks.reporting.findings.other_seeds import other_seeds
from benchmarks.reporting.findings.similar_classes import sentence, similar_classes
from benchmarks.reporting.formatting import count, signed
from benchmarks.statistics import ALPHA, rank_correlation

FEWEST = 4
"""Units whose execution varies, from which a correlation with depth is given."""


@network_figure("specialisation", section="routes", order=20, title="How far the class decides what runs")
def specialisation(evidence: Evidence, network: NetworkEvidence) -> Drawing | None:
    """Variance of every unit's execution that the class explains, headline setting, first seed, in order of depth.

    None where every image takes the same route, or where the exit alone decides it.
    """
    table = network.first.headline_answers()
    if table is None or not routes.varies(table) or routes.exit_units(network.first.units):
        return None
    used = routes.matrix(table["route"])
    explained = explained_by_class(used, table["label"].to_numpy())
    units = network.first.units
    drawn, axes = canvas(height=2.6)
    shares = 100 * np.maximum(explained, 0.0)
    axes.bar(range(len(units)), shares, color=style_of(network).color, label=list(units))
    seed = ", first seed" if len(network.models) > 1 else ""
    step = -(-len(units) // 12)
    axes.set_xticks(range(0, len(units), step), units[::step], rotation=30, ha="right", fontsize=7.5)
    axes.set_xlabel("unit, from the images on the left to the answer on the right")
    axes.set_ylabel("variance explained (%)")
    caption = (
        "Share of the variance of a unit's execution between images that their class explains, less what chance "
        f"explains (omega squared); 0 for units that always run or never. {_trend(used, explained)}The AdaNet paper "
        "finds that early layers do not tell classes apart and late ones do. "
        f"{sentence(similar_classes(evidence, network))}{count(len(table))} test images{seed}.{other_seeds(evidence)}"
    )
    return Drawing(panels=[Panel(figure=drawn)], caption=caption)


def _trend(used: NDArray[np.bool_], explained: NDArray[np.float64]) -> str:
    """A sentence on whether it grows with depth, by rank correlation over the units that vary."""
    varying = np.flatnonzero(used.any(axis=0) & ~used.all(axis=0))
    if len(varying) < FEWEST:
        vary = "unit varies" if len(varying) == 1 else "units vary"
        return f"Only {len(varying)} {vary}, too few to say whether it grows with depth. "
    if np.ptp(explained[varying]) == 0:
        return f"It is the same for all {len(varying)} units that vary. "
    correlation, p = rank_correlation(varying, explained[varying])
    grows = "grows" if correlation > 0 else "falls"
    told = f"It {grows} with depth" if p < ALPHA else "Whether it grows with depth cannot be told"
    return f"{told} (rank correlation {signed(correlation)}, p {p:.2g}, {len(varying)} units that vary). "
