"""From what plug-ins draw to what the templates lay out: inline SVG, caption, legend, or a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from benchmarks.reporting import figures, tables
from benchmarks.reporting.drawing.svg import inline
from benchmarks.reporting.evidence import routes
from benchmarks.reporting.evidence.evidence import Entry, Evidence


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure as the page shows it.

    Attributes:
        title: of the figure.
        panels: SVG elements, to stand side by side where there is room.
        caption: what to see.
        legend: networks whose keys stand above the panels.
        absent: why there are no panels, a sentence.
    """

    title: str
    panels: tuple[Markup, ...] = ()
    caption: str = ""
    legend: tuple[Entry, ...] = ()
    absent: str = ""


@dataclass(frozen=True, kw_only=True)
class Block:
    """What the section on routes shows of one network.

    Attributes:
        entry: the network.
        pictures: figures of it that there are.
        common: its commonest routes, or None where all pictures take one route.
        single: where they do, what that route is; else empty.
    """

    entry: Entry
    pictures: tuple[Picture, ...]
    common: tables.Table | None
    single: str


def study_pictures(evidence: Evidence, section: str) -> list[Picture]:
    """The figures about all networks in a section, in order."""
    found = figures.study_figures(section)
    return [_picture(figure.title, figure.name, partial(figure.draw, evidence)) for figure in found]


def entry_block(evidence: Evidence, entry: Entry) -> Block:
    """The figures about one network, those that apply to it."""
    pictures = [
        _picture(figure.title, f"{figure.name}-{entry.slug}", partial(figure.draw, evidence, entry))
        for figure in figures.entry_figures("routes")
    ]
    return Block(
        entry=entry,
        pictures=tuple(picture for picture in pictures if picture.panels or picture.absent),
        common=tables.common_routes(evidence, entry),
        single=_single_route(entry),
    )


def _picture(title: str, name: str, draw: Callable[[], figures.Drawing | None]) -> Picture:
    try:
        drawing = draw()
    except figures.NoData as reason:
        return Picture(title=title, absent=str(reason))
    if drawing is None:
        return Picture(title=title)
    panels = []
    for number, panel in enumerate(drawing.panels):
        heading = panel.figure.axes[0].get_title(loc="left")
        label = f"{title}: {heading}" if heading else title
        panels.append(inline(panel.figure, name=f"{name}-{number}", label=label, tips=panel.tips))
    return Picture(title=title, panels=tuple(panels), caption=drawing.caption, legend=tuple(drawing.legend))


def _single_route(entry: Entry) -> str:
    table = entry.first.headline_answers()
    if table is None or routes.varies(table):
        return ""
    used = int(routes.matrix(table["route"])[0].sum())
    return f"every picture takes the same route, through {used} of {len(entry.first.units)} units"
