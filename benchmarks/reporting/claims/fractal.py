"""Claims on single columns of fractal networks."""

from __future__ import annotations

import numpy as np

from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.reporting.claims.base import Found, below, claim, parameter
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.formatting import count, points
from benchmarks.statistics import ContrastModel, changes_of_seeds

NEAR = 0.01
"""Accuracy, as a share of images, within which a column is near the whole network."""


@claim(
    "deepest-column",
    paper="Larsson et al. 2017",
    says="With drop-path, the deepest column alone is nearly as accurate as the whole network (within a point).",
    order=30,
)
def deepest_column(evidence: Evidence) -> list[Found]:
    """Accuracy of the whole network less that of its deepest column, by image and seed, of networks with drop-path."""
    found = []
    for network in evidence.networks:
        drops = network.method.name == "fractalnet" and parameter(network, "global_share")
        names = [setting.name for setting in network.first.settings] if drops else []
        columns = [name for name in names if name.startswith("column ")]
        if not columns:
            continue
        keys = [(name, CLEAN, 0.0) for name in (names[0], columns[-1])]
        seeds = [model.right for model in network.models if all(key in model.right for key in keys)]
        if not seeds:
            continue
        whole, alone = (np.stack([right[key].right for right in seeds]).astype(float) for key in keys)
        lost = ContrastModel(changes_of_seeds([(alone, whole)])).contrasts(np.eye(1))
        value, low, high = (float(end[0]) for end in (lost.estimate, lost.low, lost.high))
        text = (
            f"{columns[-1]} loses {points(value)} points ({points(low)} to {points(high)}); "
            f"{count(whole.shape[1])} images, {len(seeds)} seed{'s' if len(seeds) > 1 else ''}"
        )
        found.append(Found(network=network, figure=text, verdict=below(low, high, NEAR)))
    return found
