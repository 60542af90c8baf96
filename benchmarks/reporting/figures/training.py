"""Loss and accuracy during training."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from benchmarks.reporting.drawing.axes import canvas
from benchmarks.reporting.drawing.style import style_of
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.figures.base import Drawing, NoData, Panel, figure
from benchmarks.reporting.formatting import listing, significant

MARKED = 40
"""Most epochs that each get a mark."""


@figure("training", section="training", order=10, title="Training curves")
def training(evidence: Evidence) -> Drawing:
    """Training loss and validation accuracy by epoch, first seed, with the starts of phases."""
    if not evidence.networks:
        raise NoData("No network has been trained yet.")
    loss_figure, loss_axes = canvas(height=3.1)
    accuracy_figure, accuracy_axes = canvas(height=3.1)
    for network in evidence.networks:
        _curve(loss_axes, network, "loss", 1)
        _curve(accuracy_axes, network, "validation_accuracy", 100)
    loss_axes.set_title("Training loss")
    loss_axes.set_ylabel("loss (nats, penalties included)")
    _log_scale(loss_axes, (network.first.history["loss"].min() for network in evidence.networks))
    accuracy_axes.set_title("Validation accuracy")
    accuracy_axes.set_ylabel("validation accuracy (%)")
    for axes in (loss_axes, accuracy_axes):
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    caption = (
        "Losses are not comparable between networks: each has its own sum of terms. The settings that "
        "headlines report were chosen on the validation split."
    )
    return Drawing(
        panels=[Panel(figure=loss_figure), Panel(figure=accuracy_figure)],
        caption=" ".join([caption, *_phases(evidence)]),
        legend=evidence.networks,
    )


def _curve(axes: Axes, network: NetworkEvidence, column: str, scale: float) -> None:
    history = network.first.history
    style = style_of(network)
    axes.plot(
        history["epoch"],
        scale * history[column],
        color=style.color,
        linestyle=style.line,
        marker=style.marker if len(history) <= MARKED else "",
        markersize=4,
        mec="white",
    )
    for epoch in phase_starts(network).values():
        axes.axvline(epoch - 0.5, color=style.color, linewidth=1, linestyle=(0, (1, 2)))


def _log_scale(axes: Axes, losses: Iterable[float]) -> None:
    if min(losses) > 0:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: significant(value, 1)))
        axes.yaxis.set_minor_formatter(NullFormatter())


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
    return [f"Dotted: phases of {listing(several)}, {phases}." for phases, several in names.items()]
