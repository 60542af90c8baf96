"""How far the confidence of a network can be trusted."""

from __future__ import annotations

import math

import pandas as pd

from benchmarks.measuring.summaries.accuracy import CALIBRATION_BINS, calibration_bins
from benchmarks.measuring.summaries.intervals import wilson_interval
from benchmarks.reporting.drawing.multiples import Band, Curve, Scale, Shape, multiples
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.figures.base import Drawing, NoData, figure
from benchmarks.reporting.findings.detail import detailed
from benchmarks.reporting.formatting import count

FEWEST = 10
"""Bins with fewer images say nothing and are left out."""


@figure("reliability", section="calibration", order=10, title="Reliability")
def reliability(evidence: Evidence) -> Drawing:
    """Accuracy over confidence in equal bins, at the headline setting of the first seed, with 95 % bands."""
    answers = {network: network.first.headline_answers() for network in detailed(evidence)}
    binned = {network: bins(table) for network, table in answers.items() if table is not None}
    curves = {network: rows for network, rows in binned.items() if len(rows)}
    if not curves:
        raise NoData(f"No network has {FEWEST} answers of the same confidence.")
    floor = 10.0 * math.floor(min(rows[["x", "low"]].min().min() for rows in curves.values()) / 10)
    images = evidence.results["samples"].max()

    def shapes(network: NetworkEvidence) -> list[Shape]:
        x, y, low, high = (curves[network][name].tolist() for name in ("x", "y", "low", "high"))
        diagonal = Curve(x=[floor, 100.0], y=[floor, 100.0], guide=True)
        return [diagonal, Band(x=x, low=low, high=high), Curve(x=x, y=y, marked=True)]

    ticks = {float(tick): f"{tick:.3g}" for tick in (floor, (floor + 100) / 2, 100)}
    scale = Scale(floor, 100 + 0.02 * (100 - floor), ticks)
    return Drawing(
        little=multiples(list(curves), shapes, scale, scale),
        axes="upwards: accuracy in the bin (%); to the right: mean confidence in the bin (%)",
        caption=f"On the diagonal confidence equals accuracy; below it the network is overconfident. "
        f"{CALIBRATION_BINS} equal bins over {count(images)} test images, those with fewer than {FEWEST} "
        "left out; bands are 95 % Wilson intervals.",
    )


def bins(table: pd.DataFrame) -> pd.DataFrame:
    """Per bin of confidence, in %: x (mean confidence), y (accuracy), low and high (95 % Wilson)."""
    right = table["label"] == table["prediction"]
    rows = []
    for _, group in table.assign(right=right).groupby(calibration_bins(table["confidence"])):
        if len(group) >= FEWEST:
            low, high = wilson_interval(int(group["right"].sum()), len(group))
            rows.append((group["confidence"].mean(), group["right"].mean(), low, high))
    return 100 * pd.DataFrame(rows, columns=["x", "y", "low", "high"], dtype=float)
