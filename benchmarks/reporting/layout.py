"""What the templates lay out: a section's figures as inline SVG, its tables, and what there is of each network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import pandas as pd
from markupsafe import Markup

from benchmarks.reporting import figures, tables
from benchmarks.reporting.drawing.data import figure_data
from benchmarks.reporting.drawing.svg import inline
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.findings.detail import detailed
from benchmarks.reporting.sections import NoData
from benchmarks.reporting.tables.marks import with_stale


class ShownPanel(NamedTuple):
    """A plot as SVG, the one that a phone shows in its place, which may be empty, and the one network that it is of."""

    wide: Markup
    narrow: Markup
    network: str


@dataclass(frozen=True, kw_only=True)
class ShownFigure:
    """A figure as the page shows it.

    Attributes:
        name: unique in the page.
        title: of the figure.
        panels: side by side where there is room.
        caption: what to see.
        axes: what is upwards and to the right; empty where the axes say it.
        legend: networks whose legend keys are above the panels.
        absent: why there are no panels, a sentence.
        data: what is drawn, see `benchmarks.reporting.drawing.data.figure_data`.
    """

    name: str
    title: str
    panels: tuple[ShownPanel, ...] = ()
    caption: str = ""
    axes: str = ""
    legend: tuple[NetworkEvidence, ...] = ()
    absent: str = ""
    data: pd.DataFrame = field(default_factory=pd.DataFrame)


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
    drawn = [_figure(evidence, f.title, f.name, partial(f.draw, evidence)) for f in figures.study_figures(section)]
    made = [_table(evidence, t.name, partial(t.make, evidence)) for t in tables.study_tables(section)]
    return SectionContent(
        figures=tuple(figure for figure in drawn if figure.panels or figure.absent),
        tables=tuple(table for table in made if table.table or table.absent),
        networks=tuple(_network(evidence, section, network) for network in detailed(evidence)),
    )


def figures_of(contents: Mapping[str, SectionContent]) -> dict[str, ShownFigure]:
    """Every figure that the page shows, by its name."""
    found = [figure for content in contents.values() for figure in content.figures]
    found += [figure for content in contents.values() for network in content.networks for figure in network.figures]
    return {figure.name: figure for figure in found if figure.panels}


def _network(evidence: Evidence, section: str, network: NetworkEvidence) -> NetworkContent:
    drawn = [
        _figure(evidence, found.title, f"{found.name}-{network.slug}", partial(found.draw, evidence, network))
        for found in figures.network_figures(section)
    ]
    made = [
        _table(evidence, f"{network.slug}-{found.name}", partial(found.make, evidence, network))
        for found in tables.network_tables(section)
    ]
    return NetworkContent(
        network=network,
        figures=tuple(figure for figure in drawn if figure.panels or figure.absent),
        tables=tuple(table for table in made if table.table or table.absent),
    )


def _figure(evidence: Evidence, title: str, name: str, draw: Callable[[], figures.Drawing | None]) -> ShownFigure:
    try:
        drawing = draw()
    except NoData as reason:
        return ShownFigure(name=name, title=title, absent=str(reason))
    if drawing is None:
        return ShownFigure(name=name, title=title)
    names = {network.slug: network.name for network in evidence.networks}
    panels = [_panel(title, f"{name}-{number}", panel) for number, panel in enumerate(drawing.panels)]
    panels += [
        ShownPanel(one.svg(f"{title}: {one.network.name}"), Markup(), one.network.slug) for one in drawing.little
    ]
    data = [figure_data(panel.figure, names) for panel in drawing.panels] + [one.data() for one in drawing.little]
    return ShownFigure(
        name=name,
        title=title,
        panels=tuple(panels),
        caption=drawing.caption,
        axes=drawing.axes,
        legend=tuple(drawing.legend),
        data=pd.concat(data, ignore_index=True),
    )


def _panel(title: str, name: str, panel: figures.Panel) -> ShownPanel:
    heading = panel.figure.axes[0].get_title(loc="left")
    label = f"{title}: {heading}" if heading else title
    wide = inline(panel.figure, name=name, label=label, tips=panel.tips)
    narrow = Markup()
    if panel.narrow:
        narrow = inline(panel.narrow, name=f"{name}-narrow", label=label, tips=panel.tips)
    return ShownPanel(wide, narrow, "")


def _table(evidence: Evidence, name: str, make: Callable[[], tables.Table | None]) -> ShownTable:
    try:
        made = make()
    except NoData as reason:
        return ShownTable(name=name, title=reason.title, absent=str(reason))
    return ShownTable(name=name, table=made and with_stale(evidence, made))
