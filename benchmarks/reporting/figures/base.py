"""The interface of figures: a plug-in is a function that draws, made known by a decorator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.reporting.evidence.evidence import Entry, Evidence

WIDTH = 5.6
"""Inches of a panel: two of them stand side by side on a page, one below the other on a phone."""


class NoData(Exception):
    """There is nothing to draw; the message is a sentence for readers."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A picture.

    Attributes:
        figure: drawn.
        tips: texts that appear over artists, by their `gid`.
    """

    figure: Figure
    tips: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What a plug-in returns.

    Attributes:
        panels: side by side where there is room.
        caption: what to see, and from how many pictures.
        legend: the networks that are drawn, for the legend beside the panels; none where axes name them.
    """

    panels: Sequence[Panel]
    caption: str
    legend: Sequence[Entry] = ()


@dataclass(frozen=True, kw_only=True)
class StudyFigure:
    """A figure about all networks."""

    name: str
    section: str
    title: str
    draw: Callable[[Evidence], Drawing]


@dataclass(frozen=True, kw_only=True)
class EntryFigure:
    """A figure about one network; None where it does not apply to that network."""

    name: str
    section: str
    title: str
    draw: Callable[[Evidence, Entry], Drawing | None]


@dataclass
class _Registry:
    study: list[StudyFigure] = field(default_factory=list)
    entry: list[EntryFigure] = field(default_factory=list)


_REGISTRY = _Registry()

DrawStudy = Callable[[Evidence], Drawing]
DrawEntry = Callable[[Evidence, Entry], Drawing | None]


def figure(name: str, *, section: str, title: str) -> Callable[[DrawStudy], DrawStudy]:
    """Decorator that puts a figure into a section of the report; the function may raise `NoData`."""

    def decorate(draw: DrawStudy) -> DrawStudy:
        _REGISTRY.study.append(StudyFigure(name=name, section=section, title=title, draw=draw))
        return draw

    return decorate


def entry_figure(name: str, *, section: str, title: str) -> Callable[[DrawEntry], DrawEntry]:
    """Decorator for a figure that every network has its own of; the function may raise `NoData`."""

    def decorate(draw: DrawEntry) -> DrawEntry:
        _REGISTRY.entry.append(EntryFigure(name=name, section=section, title=title, draw=draw))
        return draw

    return decorate


def study_figures(section: str) -> list[StudyFigure]:
    """Figures about all networks in a section, in the order of registration."""
    return [found for found in _REGISTRY.study if found.section == section]


def entry_figures(section: str) -> list[EntryFigure]:
    """Figures about one network in a section, in the order of registration."""
    return [found for found in _REGISTRY.entry if found.section == section]


def canvas(width: float = WIDTH, height: float = 3.5) -> tuple[Figure, Axes]:
    """An empty figure of that size in inches, without any window behind it, and its axes."""
    drawn = Figure(figsize=(width, height), layout="constrained")
    return drawn, drawn.add_subplot()
