"""Accuracy of CliqueNet by the number of Stage-II updates."""

from __future__ import annotations

import numpy as np

from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.reporting.drawing.axes import canvas
from benchmarks.reporting.drawing.style import owned, style_of
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.inside import differences_from
from benchmarks.reporting.figures.base import Drawing, Panel, network_figure
from benchmarks.reporting.formatting import count, interval_words, points


@network_figure("updates", section="routes", order=44, title="Accuracy by the number of updates")
def updates(evidence: Evidence, network: NetworkEvidence) -> Drawing | None:
    """A point per setting with fewer and fewer Stage-II updates, over all seeds; None for other networks."""
    first, *fewer = network.first.settings
    if not fewer or any(set(setting.values) != {"updates"} for setting in fewer):
        return None
    numbers = [len(fewer), *(int(setting.values["updates"]) for setting in fewer)]
    found = [evidence.points[network.label, setting.name] for setting in (first, *fewer)]
    color = style_of(network).color
    drawn, axes = canvas(height=2.8)
    axes.plot(numbers, [100 * one["accuracy"] for one in found], marker="o", color=color, gid=owned(network))
    low, high = ([100 * one[f"accuracy_{end}"] for one in found] for end in ("low", "high"))
    axes.vlines(numbers, low, high, color=color, linewidth=1.4, gid=owned(network, "interval"))
    axes.set_xticks(numbers)
    axes.set_xlabel("Stage-II updates of every block")
    axes.set_ylabel("test accuracy (%)")
    return Drawing(panels=[Panel(figure=drawn)], caption=_caption(evidence, network, numbers))


def _caption(evidence: Evidence, network: NetworkEvidence, numbers: list[int]) -> str:
    answers = [
        np.stack([model.right[setting.name, CLEAN, 0.0].right for model in network.models])
        for setting in network.first.settings
    ]
    found = differences_from(answers[0], answers[1:])
    each = "; ".join(
        f"x={number}: {points(value)} points ({points(low)} to {points(high)})"
        for number, (value, low, high) in zip(numbers[1:], found, strict=True)
    )
    value, low, high = found[-1]
    seeds = "one seed" if len(network.models) == 1 else f"{len(network.models)} seeds"
    verdict = "which agrees" if high < 0 else "which contradicts it" if low > 0 else "which cannot be told from none"
    return (
        f"{count(answers[0].shape[1])} test images, {seeds}; bars are {interval_words([len(network.models)])}. "
        f"Beside all {numbers[0]} updates, same images, 95 % intervals that hold together: {each}. Yang et al. (2018) "
        "train a network for each number and find it the more accurate the more updates there are; here one network, "
        f"trained with all, serves every number, and without updates the difference is {points(value)}, {verdict}."
    )
