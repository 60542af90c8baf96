"""The one statistical model of comparisons: networks, their seeds, and the images that all of them answer."""

from benchmarks.statistics.calibration import binned_errors, errors_by_chance
from benchmarks.statistics.changes import Twice, changes, changes_of_seeds, on_these_images
from benchmarks.statistics.components import Components, components
from benchmarks.statistics.contrasts import Contrasts
from benchmarks.statistics.interpolation import SAME_COST, frontier, weights_at
from benchmarks.statistics.mantel import PERMUTATIONS, Mantel, mantel
from benchmarks.statistics.model import AnswerModel
from benchmarks.statistics.moderation import Floats
from benchmarks.statistics.rank_correlation import ALPHA, Numbers, RankCorrelations, rank_correlation, rank_correlations
from benchmarks.statistics.resampled import resampled_components
from benchmarks.statistics.simulation import LEVEL, ContrastModel

__all__ = [
    "ALPHA",
    "LEVEL",
    "PERMUTATIONS",
    "SAME_COST",
    "AnswerModel",
    "Components",
    "ContrastModel",
    "Contrasts",
    "Floats",
    "Mantel",
    "Numbers",
    "RankCorrelations",
    "Twice",
    "binned_errors",
    "changes",
    "changes_of_seeds",
    "components",
    "errors_by_chance",
    "frontier",
    "mantel",
    "on_these_images",
    "rank_correlation",
    "rank_correlations",
    "resampled_components",
    "weights_at",
]
