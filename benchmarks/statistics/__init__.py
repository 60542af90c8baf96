"""The one statistical model of comparisons: networks, their seeds, and the images that all of them answer."""

from benchmarks.statistics.contrasts import Contrasts
from benchmarks.statistics.model import AnswerModel

__all__ = ["AnswerModel", "Contrasts"]
