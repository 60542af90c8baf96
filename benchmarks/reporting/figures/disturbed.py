"""Accuracy of a trained network without several parts, and with its blocks in another order."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.stats import spearmanr

from benchmarks.reporting.drawing.axes import canvas
from benchmarks.reporting.drawing.style import style_of
from benchmarks.reporting.evidence.changed import ORDER, SEVERAL, Grade, graded, lesions_of
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.figures.base import Drawing, Panel, network_figure
from benchmarks.reporting.formatting import count, percent, signed

FEWEST = 4
"""Sizes of a change from which on it is said whether accuracy falls with them."""


@network_figure("several-lesions", section="routes", order=41, title="Without several parts")
def several_lesions(evidence: Evidence, network: NetworkEvidence) -> Drawing | None:
    """Accuracy over the number of parts that are out, drawn at random; None where that was not measured."""
    grades = graded(evidence, network, SEVERAL)
    if not grades:
        return None
    return _drawing(
        evidence,
        network,
        grades,
        what="parts that are out",
        paper="Veit et al. (2016) found that a ResNet's error rises smoothly with the number of blocks that are out.",
    )


@network_figure("orders", section="routes", order=42, title="With blocks in another order")
def orders(evidence: Evidence, network: NetworkEvidence) -> Drawing | None:
    """Accuracy over the disorder of blocks of equal shape; None where that was not measured."""
    grades = graded(evidence, network, ORDER)
    if not grades:
        return None
    return _drawing(
        evidence,
        network,
        grades,
        what="Kendall's tau of the order of blocks",
        paper="Veit et al. (2016) found that a ResNet's error rises smoothly as the order departs from the trained one, "
        "where tau is 1.",
    )


def _drawing(
    evidence: Evidence, network: NetworkEvidence, grades: Sequence[Grade], *, what: str, paper: str
) -> Drawing:
    drawn, axes = canvas(height=2.6)
    x = [grade.size for grade in grades]
    style = style_of(network)
    lows, highs = ([100 * end for end in ends] for ends in zip(*((g.low, g.high) for g in grades), strict=True))
    axes.fill_between(x, lows, highs, color=style.color, alpha=0.16, linewidth=0)
    axes.plot(x, [100 * grade.accuracy for grade in grades], style.line, color=style.color, marker=style.marker)
    axes.set_xlabel(what)
    axes.set_ylabel("accuracy (%)")
    found = lesions_of(evidence, network)
    images = f"{count(found.images)} test images, " if found else ""
    draws = max(grade.draws for grade in grades)
    worst = min(grades, key=lambda grade: grade.accuracy)
    return Drawing(
        panels=[Panel(figure=drawn)],
        caption=f"Mean and range over up to {draws} draws of all seeds. {paper} Here accuracy goes down to "
        f"{percent(worst.accuracy)} %; {_trend(grades)} {images}nothing trained again.",
    )


def _trend(grades: Sequence[Grade]) -> str:
    """Whether the change's size and accuracy go together."""
    if len(grades) < FEWEST or len({grade.accuracy for grade in grades}) == 1:
        return "the sizes are too few to say whether it falls smoothly."
    ranks = spearmanr([grade.size for grade in grades], [grade.accuracy for grade in grades])
    return f"rank correlation of size and accuracy {signed(float(ranks.statistic))}, of {len(grades)} sizes."
