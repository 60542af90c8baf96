"""What early training decides: how often each unit runs after every epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring.summaries.intervals import wilson_interval
from benchmarks.reporting.claims.gates import DOWNSAMPLING
from benchmarks.reporting.drawing.heatmap import heatmap
from benchmarks.reporting.drawing.style import INK
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.routes import exit_units
from benchmarks.reporting.figures.base import Drawing, Panel, network_figure
from benchmarks.reporting.figures.training import phase_starts
from benchmarks.reporting.formatting import count, listing, percent

ALWAYS = 0.95
"""Share of images from which a unit counts as always executed."""


@network_figure("dynamics", section="routes", order=5, title="Execution rate while training")
def dynamics(evidence: Evidence, network: NetworkEvidence) -> Drawing | None:
    """Units x epochs in percent of the validation images, mean over seeds; None where every unit always ran.

    Records of before rates were recorded have none either.
    """
    rates = rates_by_epoch(network)
    if not rates.size or rates.min() == 1:
        return None
    mean = rates.mean(axis=0)
    drawn, axes = heatmap(100 * mean.T, rows=network.first.units, columns=[str(n + 1) for n in range(len(mean))])
    for epoch in phase_starts(network).values():
        axes.axvline(epoch - 1, color=INK, linewidth=1.2)
    axes.set_xlabel("epoch")
    return Drawing(panels=[Panel(figure=drawn)], caption=_caption(network, rates))


def rates_by_epoch(network: NetworkEvidence) -> NDArray[np.float64]:
    """Share of validation images that used each unit after every epoch (seeds, epochs, units); empty if not known."""
    known = [model.history["rates"] for model in network.models if "rates" in model.history and len(model.history)]
    found = [np.stack([np.asarray(row, dtype=float) for row in rates]) for rates in known]
    return np.stack(found) if found else np.zeros((0, 0, 0))


def _caption(network: NetworkEvidence, rates: NDArray[np.float64]) -> str:
    last = rates.mean(axis=0)[-1]
    always = [unit for unit, rate in zip(network.first.units, last, strict=True) if rate >= ALWAYS]
    settled = _settled(rates.mean(axis=0))
    seeds = f"mean over {len(rates)} seeds, at most {percent(float(np.ptp(rates, axis=0).max()))} points apart"
    images = network.first.validation_images
    shown = f"{count(images)} validation images" if images else "validation images"
    return (
        f"Share of the {shown} that used a unit after every epoch, in %{_known(images)}, at the setting that training "
        "has; "
        f"{seeds if len(rates) > 1 else 'one seed'}. Upright lines: phases of training. From epoch {settled} on no "
        f"rate is further than 10 points from its last one; at the end {len(always)} of {len(last)} units run for at "
        f"least {percent(ALWAYS, 0)} % of the images{': ' + listing(always) if 0 < len(always) <= 8 else ''}."
        f"{_paper(network, always)}"
    )


def _known(images: int) -> str:
    """How far a rate may be off: half of Wilson's interval where it is widest, at one half."""
    if not images:
        return ""
    low, high = wilson_interval(images // 2, images)
    return f" (each known to {percent((high - low) / 2)} points or better)"


def _paper(network: NetworkEvidence, always: Sequence[str]) -> str:
    """What AdaNet's paper says of blocks, and whether it is so here; nothing for networks with exits."""
    units = network.first.units
    meant = [unit for unit in units if DOWNSAMPLING.fullmatch(unit) or unit == units[-1]]
    if exit_units(units) or len(meant) < 2:
        return ""
    count = sum(unit in always for unit in meant)
    every = ", as every unit does" if len(always) == len(units) else ""
    agrees = "agrees" if count == len(meant) else "agrees in part" if count else "does not agree"
    return (
        " Veit and Belongie (2018) found that blocks which change the resolution and the last ones come to run always: "
        f"{count} of these {len(meant)} do here{every}, which {agrees}."
    )


def _settled(mean: NDArray[np.float64]) -> int:
    """The epoch, from 1, from which on no rate is further than 10 points from its last one."""
    far = (np.abs(mean - mean[-1]) > 0.1).any(axis=1)
    return int(np.flatnonzero(far).max()) + 2 if far.any() else 1
