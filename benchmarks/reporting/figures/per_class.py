"""Which classes a network gets wrong."""

from __future__ import annotations

import math

import pandas as pd

from benchmarks.reporting.drawing.heatmap import heatmap
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.figures.base import Drawing, NoData, Panel, figure
from benchmarks.reporting.findings.detail import detailed
from benchmarks.reporting.formatting import count


@figure("per-class", section="calibration", order=20, title="Accuracy per class")
def per_class(evidence: Evidence) -> Drawing:
    """Networks x classes in percent, at the headline setting of the first seed."""
    found = {network.name: network.first.headline_answers() for network in detailed(evidence)}
    answers = {name: table for name, table in found.items() if table is not None}
    if not answers:
        raise NoData("No network has its accuracy measured yet.")
    rates = pd.DataFrame(
        {name: (t["label"] == t["prediction"]).groupby(t["label"]).mean() for name, t in answers.items()}
    ).T
    low = 10 * math.floor(10 * float(rates.min().min()))
    drawn, axes = heatmap(
        100 * rates.to_numpy(dtype=float),
        rows=list(rates.index),
        columns=evidence.names_of(rates.columns),
        low=min(low, 90),
    )
    axes.set_xlabel("class")
    sizes = next(iter(answers.values()))["label"].value_counts()
    fewest, most = count(sizes.min()), count(sizes.max())
    return Drawing(
        panels=[Panel(figure=drawn)],
        caption=f"Accuracy in % on the test images of each class "
        f"({fewest if fewest == most else f'{fewest} to {most}'} a class), at the headline setting.",
    )
