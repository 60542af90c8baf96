"""Small multiples: a little plot per network on shared axes, where curves of all of them would hide each other.

There are many of them, and Matplotlib takes a tenth of a second for each. The page writes their few shapes itself, and
Matplotlib draws the same shapes where a figure is exported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from benchmarks.reporting.drawing.legend import DASHES, marker_path
from benchmarks.reporting.drawing.style import AXIS, FAINT, GRID, MUTED, PAPER, owned, style_of
from benchmarks.reporting.drawing.theme import VARIABLES
from benchmarks.reporting.evidence.evidence import NetworkEvidence

WIDTH, HEIGHT = 140.0, 112.0
"""Points of a little plot: two are side by side on a phone, five on a desk."""
LEFT, RIGHT, TOP, BOTTOM = 24.0, 136.0, 16.0, 95.0
"""Edges of the axes: alike for all, so that they stand in line."""
FITS, SIZE = 22, 8.5
"""Letters of a name that fit above it in the usual size, and that size in points."""
LETTER = 5.1
"""Points of a letter below an axis: a digit of DejaVu Sans in that size."""
GAP = 3.0
"""Points between an axis and its texts."""
DOTS = (0, (4, 3))
"""Stroke of lines that only guide the eye, as Matplotlib writes it."""


@dataclass(frozen=True)
class Scale:
    """One axis of all little plots: its ends, and texts at some places."""

    low: float
    high: float
    ticks: Mapping[float, str]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A line through points, in the units of the axes.

    Attributes:
        x: to the right.
        y: upwards, as many.
        line: its stroke, as Matplotlib writes it.
        marked: has the network's marker at every point.
        guide: belongs to no network: grey and thin, `line` has no effect.
    """

    x: Sequence[float]
    y: Sequence[float]
    line: str = "-"
    marked: bool = False
    guide: bool = False


@dataclass(frozen=True, kw_only=True)
class Band:
    """From `low` to `high` over `x`, pale; a grey backdrop where it is about all networks."""

    x: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    backdrop: bool = False


Shape = Curve | Band


@dataclass(frozen=True, eq=False)
class Little:
    """A little plot of one network: its shapes, the first behind the others."""

    network: NetworkEvidence
    x: Scale
    y: Scale
    shapes: Sequence[Shape]

    def svg(self, label: str) -> Markup:
        """As an element of a page, whose colours follow the page."""
        behind = [shape for shape in self.shapes if _is_nobodys(shape)]
        own = [shape for shape in self.shapes if not _is_nobodys(shape)]
        everybodys, marks = (Markup("").join(map(self._shape, shapes)) for shapes in (behind, own))
        return Markup(
            '<svg role="img" class="little" viewBox="0 0 {width:.0f} {height:.0f}" style="--width:{width:.0f}" '
            'aria-label="{label}">{frame}<g data-n="{slug}">{marks}</g></svg>'
        ).format(
            width=WIDTH,
            height=HEIGHT,
            label=label,
            frame=self._frame() + everybodys,
            slug=self.network.slug,
            marks=marks,
        )

    def data(self) -> pd.DataFrame:
        """What is drawn of the network, as `benchmarks.reporting.drawing.data.figure_data` has it of other figures."""
        rows: list[dict[str, object]] = []
        for shape in self.shapes:
            if _is_nobodys(shape):
                continue
            if isinstance(shape, Curve):
                rows += [{"what": "curve", "x": x, "y": y} for x, y in zip(shape.x, shape.y, strict=True)]
            else:
                ends = zip(shape.x, shape.low, shape.high, strict=True)
                rows += [{"what": "interval", "x": x, "low": low, "high": high} for x, low, high in ends]
        name = self.network.name
        return pd.DataFrame([{"panel": name, "network": name, **row} for row in rows])

    @cached_property
    def figure(self) -> Figure:
        """The same, drawn by Matplotlib."""
        drawn = Figure(figsize=(WIDTH / 72, HEIGHT / 72))
        axes = drawn.add_axes((LEFT / WIDTH, 1 - BOTTOM / HEIGHT, (RIGHT - LEFT) / WIDTH, (BOTTOM - TOP) / HEIGHT))
        axes.set_axis_off()
        axes.set_title(self.network.name, color=style_of(self.network).color, fontsize=self._size, pad=3)
        _frame_of(axes, self.x, self.y)
        for shape in self.shapes:
            _draw(axes, self.network, shape)
        axes.set(xlim=(self.x.low, self.x.high), ylim=(self.y.low, self.y.high), autoscale_on=False)
        return drawn

    @property
    def _size(self) -> float:
        return min(SIZE, SIZE * FITS / len(self.network.name))

    def _place(self, x: float, y: float) -> tuple[float, float]:
        """Points from the upper left corner; what is above or below the axes is at their edge."""
        across = (x - self.x.low) / (self.x.high - self.x.low)
        up = min(1.0, max(0.0, (y - self.y.low) / (self.y.high - self.y.low)))
        return LEFT + across * (RIGHT - LEFT), BOTTOM - up * (BOTTOM - TOP)

    def _path(self, x: Sequence[float], y: Sequence[float]) -> str:
        places = (self._place(a, b) for a, b in zip(x, y, strict=True))
        return "M" + "L".join(f"{across:.1f} {down:.1f}" for across, down in places)

    def _frame(self) -> Markup:
        down = "".join(f"M{self._place(tick, 0)[0]:.1f} {TOP:.0f}V{BOTTOM:.0f}" for tick in self.x.ticks)
        across = "".join(f"M{LEFT:.0f} {self._place(self.x.low, tick)[1]:.1f}H{RIGHT:.0f}" for tick in self.y.ticks)
        parts = [
            Markup('<path d="{}" style="stroke:{};stroke-width:.7"/>').format(down + across, VARIABLES[GRID]),
            Markup('<path d="M{:.0f} {:.0f}V{:.0f}H{:.0f}" style="fill:none;stroke:{};stroke-width:.8"/>').format(
                LEFT, TOP, BOTTOM, RIGHT, VARIABLES[AXIS]
            ),
            Markup('<text x="{:.0f}" y="{:.0f}" style="fill:{};font-size:{:.1f}px;font-weight:bold">{}</text>').format(
                LEFT, TOP - 5, VARIABLES[style_of(self.network).color], self._size, self.network.name
            ),
        ]
        text = Markup('<text x="{:.1f}" y="{:.1f}" style="fill:{};font-size:8px;text-anchor:{}">{}</text>')
        for tick, name in self.x.ticks.items():
            place = _within(self._place(tick, self.y.low)[0], name)
            parts.append(text.format(place, BOTTOM + GAP + 8, VARIABLES[MUTED], "middle", name))
        for tick, name in self.y.ticks.items():
            place = self._place(self.x.low, tick)[1]
            parts.append(text.format(LEFT - GAP, place + 3, VARIABLES[MUTED], "end", name))
        return Markup("").join(parts)

    def _shape(self, shape: Shape) -> Markup:
        style = style_of(self.network)
        if isinstance(shape, Band):
            path = self._path([*shape.x, *shape.x[::-1]], [*shape.low, *shape.high[::-1]])
            color, opacity = (FAINT, 0.18) if shape.backdrop else (style.color, 0.16)
            return Markup('<path d="{}Z" style="fill:{};opacity:{}"/>').format(path, VARIABLES[color], opacity)
        color, width, dashes = style.color, 1.5, DASHES[shape.line]
        if shape.guide:
            color, width, dashes = FAINT, 1.0, "4 3"
        line = Markup('<path d="{}" style="fill:none;stroke:{};stroke-width:{};stroke-dasharray:{}"/>').format(
            self._path(shape.x, shape.y), VARIABLES[color], width, dashes
        )
        if not shape.marked:
            return line
        places = (self._place(x, y) for x, y in zip(shape.x, shape.y, strict=True))
        marks = "".join(marker_path(style, place, 5.0) for place in places)
        return line + Markup('<path d="{}" style="fill:{};stroke:{};stroke-width:.7"/>').format(
            marks, VARIABLES[color], VARIABLES[PAPER]
        )


def multiples(
    networks: Sequence[NetworkEvidence], shapes: Callable[[NetworkEvidence], Sequence[Shape]], x: Scale, y: Scale
) -> list[Little]:
    """A little plot per network, with its name above.

    Args:
        networks: in order.
        shapes: of a network, the first behind the others.
        x: to the right.
        y: upwards.
    """
    return [Little(network, x, y, shapes(network)) for network in networks]


def _is_nobodys(shape: Shape) -> bool:
    """Whether a shape belongs to no network."""
    return shape.guide if isinstance(shape, Curve) else shape.backdrop


def _within(place: float, text: str) -> float:
    """The middle of a text below an axis, in points: where it would leave the plot on the right, further left."""
    return min(place, WIDTH - LETTER * len(text) / 2)


def _frame_of(axes: Axes, x: Scale, y: Scale) -> None:
    down = [((place, y.low), (place, y.high)) for place in x.ticks]
    across = [((x.low, place), (x.high, place)) for place in y.ticks]
    edges = [((x.low, y.low), (x.high, y.low)), ((x.low, y.low), (x.low, y.high))]
    axes.add_collection(LineCollection([*down, *across], colors=GRID, linewidths=0.7, zorder=0), autolim=False)
    axes.add_collection(LineCollection(edges, colors=AXIS, linewidths=0.8, zorder=0, clip_on=False), autolim=False)
    gap = (x.high - x.low) * GAP / (RIGHT - LEFT), (y.high - y.low) * GAP / (BOTTOM - TOP)
    unit = (x.high - x.low) / (RIGHT - LEFT)
    for place, name in x.ticks.items():
        middle = x.low + unit * (_within(LEFT + (place - x.low) / unit, name) - LEFT)
        axes.text(middle, y.low - gap[1], name, color=MUTED, fontsize=8, ha="center", va="top")
    for place, name in y.ticks.items():
        axes.text(x.low - gap[0], place, name, color=MUTED, fontsize=8, ha="right", va="center")


def _draw(axes: Axes, network: NetworkEvidence, shape: Shape) -> None:
    style, gid = style_of(network), owned(network)
    if isinstance(shape, Band):
        color, opacity = (FAINT, 0.18) if shape.backdrop else (style.color, 0.16)
        own = None if shape.backdrop else gid
        axes.fill_between(shape.x, shape.low, shape.high, color=color, alpha=opacity, linewidth=0, gid=own)
    elif shape.guide:
        axes.plot(shape.x, shape.y, color=FAINT, linewidth=1, linestyle=DOTS)
    else:
        (line,) = axes.plot(shape.x, shape.y, color=style.color, linestyle=shape.line, gid=gid)
        line.set(marker=style.marker if shape.marked else "", mec=PAPER)
