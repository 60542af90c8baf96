"""Do harder images take longer routes?"""

from __future__ import annotations

from matplotlib.axes import Axes

from benchmarks.reporting.drawing.axes import canvas
from benchmarks.reporting.drawing.style import FAINT, INK, PAPER, owned, style_of
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.figures.base import Drawing, NoData, Panel, figure
from benchmarks.reporting.findings.corruptions import NOT_MEASURED, answer, by_severity, corrupted, dynamic
from benchmarks.reporting.formatting import count, percent


@figure("corruptions", section="attack", order=70, title="Do harder images take longer routes?")
def corruptions(evidence: Evidence) -> Drawing:
    """Accuracy over cost: along severity, and of every corruption at every severity."""
    if evidence.corruptions.empty:
        raise NoData(NOT_MEASURED)
    moving = dynamic(evidence)
    if not moving:
        raise NoData("No corruption changed the cost of any network: their routes do not depend on the image.")
    along, along_axes = canvas()
    single, single_axes = canvas()
    tips: dict[str, str] = {}
    for network in moving:
        tips |= _line(along_axes, network, evidence)
        _cloud(single_axes, network, evidence)
    along_axes.set_title("mean over corruptions, along severity")
    single_axes.set_title("every corruption at every severity")
    for axes in (along_axes, single_axes):
        axes.axvline(100, color=FAINT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
        axes.set_xlabel("mean routed MACs (% of clean)")
        axes.set_ylabel("accuracy (%)")
    images = count(evidence.corruptions["images"].max())
    return Drawing(
        panels=[Panel(figure=along, tips=tips), Panel(figure=single)],
        caption=f"From the clean image (large mark) along rising severities, of {images} images. To the right of the "
        "dashed line corrupted images cost more than clean ones: a curve that falls to the right spends more on what "
        f"is harder. {answer(evidence)} Networks whose cost never changes are left out.",
        legend=moving,
    )


def _line(axes: Axes, network: NetworkEvidence, evidence: Evidence) -> dict[str, str]:
    """Draw a network's means by severity; texts by the `gid` of the mark they belong to."""
    style = style_of(network)
    rows = by_severity(corrupted(evidence, network)).to_dict("records")
    x, y = ([100 * row[name] for row in rows] for name in ("relative", "accuracy"))
    axes.plot(x, y, color=style.color, linestyle=style.line, linewidth=1.2, alpha=0.75, zorder=2, gid=owned(network))
    tips = {}
    for row in rows:
        severity = int(row["severity"])
        gid = owned(network, severity)
        axes.plot(
            [100 * row["relative"]],
            [100 * row["accuracy"]],
            marker=style.marker,
            markersize=5 if severity else 9,
            markerfacecolor=PAPER if severity else style.color,
            markeredgecolor=style.color if severity else INK,
            linestyle="none",
            zorder=4,
            gid=gid,
        )
        what = f"severity {severity}" if severity else "clean"
        cost = percent(row["relative"], 0)
        tips[gid] = f"{network.name}, {what}: {percent(row['accuracy'])} % at {cost} % of its clean cost"
    return tips


def _cloud(axes: Axes, network: NetworkEvidence, evidence: Evidence) -> None:
    rows = corrupted(evidence, network)
    rows = rows[rows["severity"] > 0]
    style = style_of(network)
    (cloud,) = axes.plot(100 * rows["relative"], 100 * rows["accuracy"], style.marker, color=style.color, mec=PAPER)
    cloud.set_gid(owned(network))
