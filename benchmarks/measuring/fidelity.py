"""Sizes of the method's published networks: those that were printed or counted elsewhere, beside ours."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

import zoo
from benchmarks.measuring import evaluator
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.strict import Strict
from zoo.sizing.published_sizes import Comparison, compare_sizes


class FidelityOptions(Strict):
    """Published sizes.

    Attributes:
        presets: shell wildcard of those to build.
    """

    presets: str = "*"


@evaluator("fidelity", options=FidelityOptions, needs=("papers",), order=3)
def fidelity(trained: TrainedNetwork, options: FidelityOptions) -> pd.DataFrame:
    """One row per published size of the method, whatever preset was trained.

    Columns: preset, source, kind, parameters, our_parameters, macs, our_macs, agrees, differs; see
    `zoo.sizing.published_sizes.Comparison`.
    """
    (name,) = (name for name in zoo.list_methods() if zoo.method(name).network is type(trained.net))
    return comparison_table(name, options.presets)


def comparison_table(name: str, presets: str = "*") -> pd.DataFrame:
    """`compare_sizes` as a table, one row per comparison; missing numbers are NaN."""
    rows = [asdict(row) for row in compare_sizes(name, presets)]
    frame = pd.DataFrame(rows, columns=list(Comparison.__dataclass_fields__))
    return frame.astype({"parameters": "float64", "macs": "float64"})
