"""Tables of the report: one file each, from evidence to cells; the templates only lay them out."""

from benchmarks.reporting.tables.base import Cell, Column, Table
from benchmarks.reporting.tables.calibration import calibration
from benchmarks.reporting.tables.costs import costs
from benchmarks.reporting.tables.energy import energy, no_energy
from benchmarks.reporting.tables.fidelity import fidelity
from benchmarks.reporting.tables.headline import headline
from benchmarks.reporting.tables.published import published
from benchmarks.reporting.tables.robustness import robustness
from benchmarks.reporting.tables.routes import common_routes
from benchmarks.reporting.tables.timing import paths, timing
from benchmarks.reporting.tables.training import training

__all__ = [
    "Cell",
    "Column",
    "Table",
    "calibration",
    "common_routes",
    "costs",
    "energy",
    "fidelity",
    "headline",
    "no_energy",
    "paths",
    "published",
    "robustness",
    "timing",
    "training",
]
