"""The interface of figures: a plug-in is a function that draws, made known by a decorator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from matplotlib.figure import Figure

from benchmarks.reporting.drawing.multiples import Little
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.sections import LAST, NoData, Placed, in_section
from zoo.plugins import Registry, origin_of

__all__ = [
    "FIGURES",
    "Drawing",
    "NetworkFigure",
    "NoData",
    "Panel",
    "StudyFigure",
    "figure",
    "network_figure",
    "network_figures",
    "study_figures",
]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One plot.

    Attributes:
        figure: drawn.
        tips: texts that appear over artists, by their `gid`.
        narrow: the same plot for a phone, where it should not only be smaller; None: the page scales it.
    """

    figure: Figure
    narrow: Figure | None = None
    tips: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What a plug-in returns.

    Attributes:
        panels: side by side where there is room.
        caption: what to see, and from how many images.
        little: plots of one network each in place of panels, see `benchmarks.reporting.drawing.multiples`.
        axes: what is upwards and to the right, where little plots have no room for it; empty where axes say it.
        legend: the networks that are drawn, for the legend beside the panels; none where axes name them.
    """

    caption: str
    panels: Sequence[Panel] = ()
    little: Sequence[Little] = ()
    axes: str = ""
    legend: Sequence[NetworkEvidence] = ()


DrawStudy = Callable[[Evidence], Drawing]
DrawNetwork = Callable[[Evidence, NetworkEvidence], Drawing | None]


@dataclass(frozen=True, kw_only=True)
class StudyFigure(Placed):
    """A figure about all networks."""

    title: str
    draw: DrawStudy


@dataclass(frozen=True, kw_only=True)
class NetworkFigure(Placed):
    """A figure about one network; None where it does not apply to that network."""

    title: str
    draw: DrawNetwork


FIGURES: Registry[StudyFigure | NetworkFigure] = Registry("figure", "benchmarks.reporting.figures")
"""Every figure of the report."""


def figure(name: str, *, section: str, title: str, order: int = LAST) -> Callable[[DrawStudy], DrawStudy]:
    """Decorator that puts a figure about all networks into a section of the report.

    Args:
        name: unique among figures; letters, digits and dashes.
        section: id of the section, see `benchmarks.reporting.sections.SECTIONS`.
        title: written above it.
        order: its place among the figures of the section.

    Returns:
        The decorator of a function that draws; the function may raise `NoData`.

    Raises:
        ValueError: the name is taken, or there is no such section.
    """

    def decorate(draw: DrawStudy) -> DrawStudy:
        declared = StudyFigure(name=name, section=section, title=title, order=order, draw=draw)
        FIGURES.add(name, declared, origin_of(draw))
        return draw

    return decorate


def network_figure(name: str, *, section: str, title: str, order: int = LAST) -> Callable[[DrawNetwork], DrawNetwork]:
    """Decorator for a figure that every network has its own of; the arguments and errors are those of `figure`.

    The function may raise `NoData`, and answers None where the figure does not apply to a network.
    """

    def decorate(draw: DrawNetwork) -> DrawNetwork:
        declared = NetworkFigure(name=name, section=section, title=title, order=order, draw=draw)
        FIGURES.add(name, declared, origin_of(draw))
        return draw

    return decorate


def study_figures(section: str) -> list[StudyFigure]:
    """Figures about all networks in a section, in order."""
    return in_section(section, (found for found in FIGURES if isinstance(found, StudyFigure)))


def network_figures(section: str) -> list[NetworkFigure]:
    """Figures about one network in a section, in order."""
    return in_section(section, (found for found in FIGURES if isinstance(found, NetworkFigure)))
