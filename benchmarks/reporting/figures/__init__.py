"""Figures of the report: one file each, made known by a decorator; sections show them in the order of this
list.

A new figure is a file here whose function is decorated with `figure` or `entry_figure`, and its name in the
import.
"""

from benchmarks.reporting.figures.base import (
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

from benchmarks.reporting.figures import accuracy_macs  # isort: skip
from benchmarks.reporting.figures import accuracy_time  # isort: skip
from benchmarks.reporting.figures import realised  # isort: skip
from benchmarks.reporting.figures import execution  # isort: skip
from benchmarks.reporting.figures import exits  # isort: skip
from benchmarks.reporting.figures import histogram  # isort: skip
from benchmarks.reporting.figures import robustness  # isort: skip
from benchmarks.reporting.figures import attack_compute  # isort: skip
from benchmarks.reporting.figures import training  # isort: skip
from benchmarks.reporting.figures import reliability  # isort: skip
from benchmarks.reporting.figures import per_class  # isort: skip

__all__ = [
    "Drawing",
    "EntryFigure",
    "NoData",
    "Panel",
    "StudyFigure",
    "accuracy_macs",
    "accuracy_time",
    "attack_compute",
    "entry_figure",
    "entry_figures",
    "execution",
    "exits",
    "figure",
    "histogram",
    "per_class",
    "realised",
    "reliability",
    "robustness",
    "study_figures",
    "training",
]
