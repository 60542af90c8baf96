"""The one statistical model of comparisons: networks, their seeds, and the images that all of them answer."""

from benchmarks.statistics.contrasts import Contrasts
from benchmarks.statistics.interpolation import SAME_COST, frontier, weights_at
from benchmarks.statistics.model import AnswerModel
from benchmarks.statistics.moderation import Floats

__all__ = ["SAME_COST", "AnswerModel", "Contrasts", "Floats", "frontier", "weights_at"]
