"""What is measured of a trained network: one file per evaluator, each a function from a subject to a tidy table."""

from benchmarks.evaluators.base import Evaluator, Subject, evaluator, evaluators, route_text, version

from benchmarks.evaluators import accuracy, cost, fidelity, latency, energy, ledger, robustness  # isort: skip

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
    "version",
]
