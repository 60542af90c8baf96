"""FractalNet's columns by themselves, together, and as an ensemble."""

from __future__ import annotations

from benchmarks.measuring.summaries.intervals import wilson_interval
from benchmarks.reporting.claims.fractal import NEAR
from benchmarks.reporting.drawing.axes import canvas
from benchmarks.reporting.drawing.style import owned, style_of
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.inside import ENSEMBLE, differences_from, found_inside, right_of
from benchmarks.reporting.figures.base import Drawing, Panel, network_figure
from benchmarks.reporting.formatting import count, points


@network_figure("columns", section="routes", order=45, title="Columns alone and together")
def columns(evidence: Evidence, network: NetworkEvidence) -> Drawing | None:
    """Accuracy of every column, of the whole network, and of the columns' ensemble, first seed; None for others."""
    rows = found_inside(network, "answer")
    if rows is None:
        return None
    right = right_of(rows)
    if ENSEMBLE not in right:
        return None
    whole, *alone = (name for name in right if name != ENSEMBLE)
    names = [*alone, whole, ENSEMBLE]
    color = style_of(network).color
    drawn, axes = canvas(height=2.8)
    ends = [wilson_interval(int(right[name].sum()), len(right[name])) for name in names]
    places = range(1, len(names) + 1)
    axes.plot(
        places,
        [100 * right[name].mean() for name in names],
        marker="o",
        linestyle="none",
        color=color,
        gid=owned(network),
    )
    low, high = ([100 * end[side] for end in ends] for side in (0, 1))
    axes.vlines(places, low, high, color=color, linewidth=1.4, gid=owned(network, "interval"))
    axes.set_xticks(list(places), names)
    axes.set_xlim(0.5, len(names) + 0.5)
    axes.set_ylabel("test accuracy (%)")
    deepest, together = differences_from(right[whole][None], [right[alone[-1]][None], right[ENSEMBLE][None]])
    caption = (
        f"{count(len(right[whole]))} test images, first seed; bars are 95 % intervals (Wilson). The ensemble answers "
        "by the mean of the columns’ probabilities. Larsson et al. (2017) find the deepest column, trained with "
        f"drop-path, nearly as accurate as the whole network; here it is {_with_ends(deepest)} beside it, "
        f"{_near(deepest)} (within {100 * NEAR:g} point, same images). The ensemble is "
        f"{_with_ends(together)} beside the whole network, {_apart(together)}."
    )
    return Drawing(panels=[Panel(figure=drawn)], caption=caption)


def _with_ends(found: tuple[float, float, float]) -> str:
    value, low, high = map(points, found)
    return f"{value} points ({low} to {high})"


def _near(found: tuple[float, float, float]) -> str:
    """Whether it is no further below than what the claim calls near."""
    _, low, high = found
    return "which agrees" if low > -NEAR else "which contradicts it" if high < -NEAR else "which cannot be told"


def _apart(found: tuple[float, float, float]) -> str:
    _, low, high = found
    return "better" if low > 0 else "worse" if high < 0 else "which cannot be told from none"
