"""What is measured of a trained network: one module per evaluator, each a function to a tidy table."""

from benchmarks.measuring.registry import Evaluator, evaluator, evaluators
from benchmarks.measuring.route_text import route_text
from benchmarks.measuring.summaries.registry import summary_columns
from benchmarks.measuring.trained_network import TrainedNetwork

__all__ = ["Evaluator", "TrainedNetwork", "evaluator", "evaluators", "route_text", "summary_columns"]
