"""Accuracy over mean cost as the rule changes by which images leave."""

from __future__ import annotations

import numpy as np

from benchmarks.reporting.drawing.axes import canvas
from benchmarks.reporting.drawing.style import COLORS, INK, LINES, owned
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.exits import exit_answers
from benchmarks.reporting.figures.base import Drawing, Panel, network_figure
from benchmarks.reporting.findings.exits import PATIENCE, STEPS, compared_rules, overthinking
from benchmarks.reporting.formatting import count, percent

ORACLE = "oracle"


@network_figure("exit-criteria", section="routes", order=30, title="Rules by which images leave")
def exit_criteria(evidence: Evidence, network: NetworkEvidence) -> Drawing | None:
    """A curve per rule over the mean cost, and the oracle; first seed, None for networks without early exits."""
    answers, found = exit_answers(network), compared_rules(network)
    if answers is None or found is None:
        return None
    drawn, axes = canvas()
    size = evidence.unit.size
    costs = np.linspace(answers.macs[0], answers.macs[-1], STEPS)
    for place, (name, rule) in enumerate(found.rules.items()):
        stepwise = name == PATIENCE
        x = rule.macs if stepwise else costs
        axes.plot(
            x / size,
            [100 * rule.accuracy_at(cost) for cost in x],
            color=COLORS[place],
            linestyle=LINES[place % len(LINES)],
            marker="o" if stepwise else "",
            label=f"{name} (its own)" if name == answers.own else name,
            gid=owned(network, name),
        )
    bound = overthinking(answers)
    axes.plot(
        [bound.oracle_macs / size],
        [100 * bound.oracle],
        marker="*",
        markersize=9,
        color=INK,
        linestyle="none",
        label=ORACLE,
        gid=owned(network, ORACLE),
    )
    axes.set_xlabel(f"mean routed multiply-accumulates per image ({evidence.unit.name} MACs)")
    axes.set_ylabel("test accuracy (%)")
    drawn.legend(loc="outside upper center", ncols=3, fontsize=8)
    caption = (
        "One threshold for all early exits, swept over the test images, not chosen: a curve says what a rule can do, "
        "not what a threshold from validation images does. Marks of patience are single rules: leave at the exit that "
        "is the k-th in a row to give the same answer; on its line, images are dealt out to two of them at random. "
        f"The star is the oracle, {percent(bound.oracle)} % right: it leaves at the first exit that is right. "
        f"{count(bound.images)} test images; differences and their intervals are in the table above."
    )
    return Drawing(panels=[Panel(figure=drawn)], caption=caption)
