"""What is measured of a trained network: one file per evaluator, each a function from a subject to a tidy table."""

from benchmarks.measuring.registry import Evaluator, evaluator, evaluators
from benchmarks.measuring.routes import route_text
from benchmarks.measuring.subject import Subject

from benchmarks.measuring import accuracy, cost, fidelity, latency, energy, ledger, robustness  # isort: skip

__all__ = [
    "Evaluator",
    "Subject",
    "accuracy",
    "cost",
    "energy",
    "evaluator",
    "evaluators",
    "fidelity",
    "latency",
    "ledger",
    "robustness",
    "route_text",
]
