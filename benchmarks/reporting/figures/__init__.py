"""Figures of the report, a file each.

A new figure is a file here, or a module that an installed distribution names as an entry point, with a function that
is decorated with `figure` (one for the study) or `network_figure` (one per network). It appears in the section that
it names.
"""

from benchmarks.reporting.figures.base import (
    FIGURES,
    Drawing,
    NetworkFigure,
    NoData,
    Panel,
    StudyFigure,
    figure,
    network_figure,
    network_figures,
    study_figures,
)

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
