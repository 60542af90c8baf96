"""Sizes of the method's published networks: those that were printed or counted elsewhere, and ours beside them."""

from __future__ import annotations

import pandas as pd

import zoo
from benchmarks.measuring import evaluator
from benchmarks.measuring.official_sizes import table
from benchmarks.measuring.subject import Subject
from benchmarks.strict import Strict


class FidelityOptions(Strict):
    """Sizes against those that were published: a wildcard for the presets to build."""

    presets: str = "*"


@evaluator("fidelity", options=FidelityOptions, needs=("papers",), order=3)
def fidelity(subject: Subject, options: FidelityOptions) -> pd.DataFrame:
    """One row per figure, whichever of the method's networks was trained.

    Columns: preset, source, kind, parameters, our_parameters, macs, our_macs, agrees, differs; see
    `benchmarks.measuring.official_sizes.Comparison`.
    """
    (name,) = (name for name in zoo.list_methods() if zoo.method(name).network is type(subject.net))
    return table(name, options.presets)
