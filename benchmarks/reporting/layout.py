"""What the templates lay out: a section's figures as inline SVG, its tables, and what there is of each network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from benchmarks.reporting import figures, tables
from benchmarks.reporting.drawing.svg import inline
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.sections import NoData


@dataclass(frozen=True, kw_only=True)
class ShownFigure:
    """A figure as the page shows it.

    Attributes:
        title: of the figure.
        panels: SVG elements, side by side where there is room.
        caption: what to see.
        legend: networks whose legend keys are above the panels.
        absent: why there are no panels, a sentence.
    """

    title: str
    panels: tuple[Markup, ...] = ()
    caption: str = ""
    legend: tuple[NetworkEvidence, ...] = ()
    absent: str = ""


@dataclass(frozen=True, kw_only=True)
class ShownTable:
    """A table as the page shows it.

    Attributes:
        name: unique in the page.
        table: None where there is no data.
        title: written before the reason; may be empty.
        absent: why there is no table, a sentence.
    """

    name: str
    table: tables.Table | None = None
    title: str = ""
    absent: str = ""


@dataclass(frozen=True, kw_only=True)
class NetworkContent:
    """What a section shows of one network; it may be nothing."""

    network: NetworkEvidence
    figures: tuple[ShownFigure, ...]
    tables: tuple[ShownTable, ...]

    def __bool__(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.figures or self.tables)


@dataclass(frozen=True, kw_only=True)
class SectionContent:
    """What is declared for a section, in order: about all networks, and of every network."""

    figures: tuple[ShownFigure, ...]
    tables: tuple[ShownTable, ...]
    networks: tuple[NetworkContent, ...]


def section_content(evidence: Evidence, section: str) -> SectionContent:
    """Draw the figures and fill the tables that are declared for a section."""
    drawn = [_figure(f.title, f.name, partial(f.draw, evidence)) for f in figures.study_figures(section)]
    made = [_table(t.name, partial(t.make, evidence)) for t in tables.study_tables(section)]
    return SectionContent(
        figures=tuple(figure for figure in drawn if figure.panels or figure.absent),
        tables=tuple(table for table in made if table.table or table.absent),
        networks=tuple(_network(evidence, section, network) for network in evidence.networks),
    )


def _network(evidence: Evidence, section: str, network: NetworkEvidence) -> NetworkContent:
    drawn = [
        _figure(found.title, f"{found.name}-{network.slug}", partial(found.draw, evidence, network))
        for found in figures.network_figures(section)
    ]
    made = [
        _table(f"{network.slug}-{found.name}", partial(found.make, evidence, network))
        for found in tables.network_tables(section)
    ]
    return NetworkContent(
        network=network,
        figures=tuple(figure for figure in drawn if figure.panels or figure.absent),
        tables=tuple(table for table in made if table.table or table.absent),
    )


def _figure(title: str, name: str, draw: Callable[[], figures.Drawing | None]) -> ShownFigure:
    try:
        drawing = draw()
    except NoData as reason:
        return ShownFigure(title=title, absent=str(reason))
    if drawing is None:
        return ShownFigure(title=title)
    panels = []
    for number, panel in enumerate(drawing.panels):
        heading = panel.figure.axes[0].get_title(loc="left")
        label = f"{title}: {heading}" if heading else title
        panels.append(inline(panel.figure, name=f"{name}-{number}", label=label, tips=panel.tips))
    return ShownFigure(title=title, panels=tuple(panels), caption=drawing.caption, legend=tuple(drawing.legend))


def _table(name: str, make: Callable[[], tables.Table | None]) -> ShownTable:
    try:
        return ShownTable(name=name, table=make())
    except NoData as reason:
        return ShownTable(name=name, title=reason.title, absent=str(reason))
