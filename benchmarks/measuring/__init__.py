"""What is measured of a trained network: one module per evaluator, each a function to a tidy table."""

from benchmarks.measuring.registry import Evaluator, evaluator, evaluators
from benchmarks.measuring.routes import route_text
from benchmarks.measuring.subject import Subject
from benchmarks.measuring.summaries.registry import summary_columns

__all__ = ["Evaluator", "Subject", "evaluator", "evaluators", "route_text", "summary_columns"]
