"""Figures of the report, a file each.

A new figure is a file here, or a module that an installed distribution names as an entry point, with a function that is
decorated with `figure` (one for the study) or `entry_figure` (one per network). It stands in the section that it names.
"""

from benchmarks.reporting.figures.base import (
    FIGURES,
    Drawing,
    EntryFigure,
    NoData,
    Panel,
    StudyFigure,
    entry_figure,
    entry_figures,
    figure,
    study_figures,
)

__all__ = [
    "FIGURES",
    "Drawing",
    "EntryFigure",
    "NoData",
    "Panel",
    "StudyFigure",
    "entry_figure",
    "entry_figures",
    "figure",
    "study_figures",
]
