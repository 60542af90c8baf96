"""The one statistical model of comparisons: networks, their seeds, and the images that all of them answer."""

from benchmarks.statistics.changes import Twice, changes, changes_of_seeds, on_these_images
from benchmarks.statistics.components import Components
from benchmarks.statistics.contrasts import Contrasts
from benchmarks.statistics.interpolation import SAME_COST, frontier, weights_at
from benchmarks.statistics.model import AnswerModel
from benchmarks.statistics.moderation import Floats
from benchmarks.statistics.resampled import resampled_components
from benchmarks.statistics.simulation import LEVEL, ContrastModel

__all__ = [
    "LEVEL",
    "SAME_COST",
    "AnswerModel",
    "Components",
    "ContrastModel",
    "Contrasts",
    "Floats",
    "Twice",
    "changes",
    "changes_of_seeds",
    "frontier",
    "on_these_images",
    "resampled_components",
    "weights_at",
]
