"""Sizes of the method's published networks: those that were printed or counted elsewhere, and ours beside them."""

from __future__ import annotations

import pandas as pd

import zoo
from benchmarks.evaluators.base import Subject, evaluator
from benchmarks.fidelity import table
from benchmarks.options import Evaluation


@evaluator("fidelity", options="fidelity")
def fidelity(subject: Subject, evaluation: Evaluation) -> pd.DataFrame:
    """One row per figure, whichever of the method's networks was trained.

    Columns: preset, source, kind, parameters, our_parameters, macs, our_macs, agrees, differs; see
    `benchmarks.fidelity.Comparison`.
    """
    options = evaluation.fidelity
    assert options is not None
    (name,) = (name for name in zoo.methods() if zoo.method(name).network is type(subject.net))
    return table(name, options.presets)
