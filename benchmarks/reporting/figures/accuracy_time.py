"""Whether a network is really faster, and what that costs in accuracy."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from benchmarks.reporting.drawing.axes import accuracy_axis, canvas, cost_axis
from benchmarks.reporting.drawing.curves import settings_curve, static_line, variants_line
from benchmarks.reporting.drawing.labels import label_headlines
from benchmarks.reporting.drawing.style import FAINT
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.times import reference_baseline, relative_time
from benchmarks.reporting.figures.base import Drawing, NoData, Panel, figure
from benchmarks.reporting.findings.method_curves import variants
from benchmarks.reporting.findings.pareto import in_front, muted_words, named
from benchmarks.reporting.findings.static_curve import CURVE, Cost, static_points
from benchmarks.reporting.findings.timing import budget_note, twins_note
from benchmarks.reporting.formatting import (
    count,
    interval_words,
    is_missing,
    listing,
    milliseconds,
    percent,
    significant,
    span,
)


@figure("accuracy-time", section="time", order=10, title="Accuracy against time")
def accuracy_time(evidence: Evidence) -> Drawing:
    """Test accuracy over time per image relative to the baseline: smallest and largest batch."""
    sizes = sorted({*evidence.batch_sizes[:1], *evidence.batch_sizes[-1:]})
    if not sizes or evidence.results.dropna(subset=["accuracy", f"speedup_{sizes[0]}"]).empty:
        raise NoData("No network has both its accuracy and its time measured yet.")
    timed = set(evidence.results.dropna(subset=[f"speedup_{sizes[0]}"])["network"])
    return Drawing(
        panels=[_panel(evidence, size) for size in sizes],
        caption=_caption(evidence, sizes),
        legend=[network for network in evidence.networks if network.label in timed],
    )


def _panel(evidence: Evidence, size: int) -> Panel:
    speedup = f"speedup_{size}"
    measured = [f"{name}{end}" for name in ("accuracy", speedup) for end in ("", "_low", "_high")]
    columns = ["network", "setting", "headline", f"latency_{size}", *measured]
    table = evidence.results[columns].dropna(subset=["accuracy", speedup])
    rows = table[["network", "headline"]].assign(
        x=[_time(evidence, row, size) for row in table.to_dict("records")],
        y=100 * table["accuracy"],
        low=100 * table["accuracy_low"],
        high=100 * table["accuracy_high"],
    )
    drawn, axes = canvas()
    tips: dict[str, str] = {}
    front = in_front(evidence, Cost(f"time_{size}", "time", size))
    for network in evidence.networks:
        own = table[table["network"] == network.label].to_dict("records")
        texts = [_tip(network.name, row, size) for row in own]
        tips |= settings_curve(axes, network, rows[rows["network"] == network.label], texts, muted=network not in front)
    for _, same in variants(evidence):
        ordered = sorted(
            (relative_time(evidence, network, size)[0], 100 * evidence.value(network, "accuracy")) for network in same
        )
        variants_line(axes, same[0], [x for x, _ in ordered], [y for _, y in ordered])
    static = static_points(evidence, f"time_{size}")
    if static:
        static_line(axes, [cost for cost, _ in static], [100 * accuracy for _, accuracy in static])
    axes.axvline(1, color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    cost_axis(axes, list(rows["x"]))
    accuracy_axis(axes, rows)
    axes.set_title("One image at a time" if size == 1 else f"Batches of {size}")
    axes.set_xlabel(f"mean time per image (multiples of {reference_baseline(evidence)}'s)")
    axes.set_ylabel("test accuracy (%)")
    label_headlines(axes, rows, named(evidence, front))
    return Panel(figure=drawn, tips=tips)


def _time(evidence: Evidence, row: Mapping[Hashable, Any], size: int) -> float:
    """Of a setting, as a multiple of the reference baseline's."""
    network = next(network for network in evidence.networks if network.label == row["network"])
    return relative_time(evidence, network, size, row["setting"])[0]


def _tip(name: str, row: Mapping[Hashable, Any], size: int) -> str:
    speedup, *ends = (row[f"speedup_{size}{end}"] for end in ("", "_low", "_high"))
    interval = "" if is_missing(ends[0]) else f" ({span(*(significant(end) for end in ends))})"
    return (
        f"{name}, {row['setting']}: {percent(row['accuracy'])} % in {milliseconds(row[f'latency_{size}'])} ms, "
        f"{significant(speedup)}{interval} times as fast as the baseline"
    )


def _caption(evidence: Evidence, sizes: list[int]) -> str:
    spread = []
    for size in sizes:
        static = evidence.results[f"static_{size}"].dropna()
        low, high = milliseconds(static.min()), milliseconds(static.max())
        spread.append(f"{low if low == high else span(low, high)} ms at batch {size}")
    images = count(evidence.results["samples"].max())
    return (
        f"Left of the dashed line the mean time is below that of {reference_baseline(evidence)}. Every network was "
        "timed in turns with its baseline, a static ResNet, in the same process on the same images, and is placed by "
        f"the ratio of both; mean times of baselines were {listing(spread)}. {CURVE}{muted_words(evidence)}Bars "
        f"of accuracy are {interval_words(evidence.results['seeds'])}, from {images} test images. Point at a "
        f"setting for the 95 % interval of its speed-up.{budget_note(evidence)}{twins_note(evidence)}"
    )
