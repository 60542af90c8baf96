"""Accuracy during training."""

from __future__ import annotations

from collections import defaultdict

import pandas as pd
from matplotlib.ticker import MaxNLocator

from benchmarks.reporting.drawing.multiples import Curve, Scale, Shape, multiples
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.figures.base import Drawing, NoData, figure
from benchmarks.reporting.findings.detail import detailed
from benchmarks.reporting.formatting import listing

CAPTION = (
    "Solid: validation accuracy. Dotted: accuracy on training images while they are learnt from. Grey: the median "
    "validation accuracy of all networks. The settings that headlines report were chosen on the validation split."
)


@figure("training", section="training", order=10, title="Training curves")
def training(evidence: Evidence) -> Drawing:
    """Training and validation accuracy by epoch, first seed, with the starts of phases; a plot per network."""
    trained = [network for network in evidence.networks if not network.is_given]
    if not trained:
        raise NoData("No network was trained here." if evidence.networks else "No network has been trained yet.")
    curves = pd.concat([network.first.history for network in trained])
    accuracies = 100 * curves[["train_accuracy", "validation_accuracy"]]
    lowest, highest = float(accuracies.min().min()), float(accuracies.max().max())
    behind = curves.groupby("epoch")["validation_accuracy"].median()

    x = _scale(0.5, curves["epoch"].max() + 0.5, integer=True)
    y = _scale(lowest - 2, max(highest + 2, 100))

    def shapes(network: NetworkEvidence) -> list[Shape]:
        history = network.first.history
        epochs = history["epoch"].astype(float).tolist()
        starts = [epoch - 0.5 for epoch in phase_starts(network).values()]
        return [
            Curve(x=[float(epoch) for epoch in behind.index], y=(100 * behind).tolist(), guide=True),
            *(Curve(x=[start, start], y=[y.low, y.high], guide=True) for start in starts),
            Curve(x=epochs, y=(100 * history["train_accuracy"]).tolist(), line=":"),
            Curve(x=epochs, y=(100 * history["validation_accuracy"]).tolist()),
        ]

    return Drawing(
        little=multiples([network for network in detailed(evidence) if not network.is_given], shapes, x, y),
        axes="upwards: accuracy (%); to the right: epoch",
        caption=" ".join([CAPTION, *_phases(evidence)]),
    )


def _scale(low: float, high: float, *, integer: bool = False) -> Scale:
    """With a few round ticks."""
    ticks = MaxNLocator(4, integer=integer).tick_values(low, high)
    return Scale(low, high, {float(tick): f"{tick:g}" for tick in ticks if low <= tick <= high})


def phase_starts(network: NetworkEvidence) -> dict[str, int]:
    """First epoch of every phase of training after the first phase, by the phase's name."""
    history = network.first.history
    starts = history.drop_duplicates("phase")
    later = zip(starts["phase"][1:], starts["epoch"][1:], strict=True)
    return {str(phase): int(epoch) for phase, epoch in later}


def _phases(evidence: Evidence) -> list[str]:
    names = defaultdict(list)
    for network in evidence.networks:
        starts = phase_starts(network)
        if starts:
            first = network.first.history["phase"].iloc[0]
            changes = ", ".join(f"“{phase}” from epoch {epoch}" for phase, epoch in starts.items())
            names[f"first “{first}”, then {changes}"].append(network.name)
    return [f"Upright: phases of {listing(several)}, {phases}." for phases, several in names.items()]
