"""How the units of a network are connected."""

from __future__ import annotations

import pandas as pd

from benchmarks.measuring import evaluator
from benchmarks.measuring.trained_network import TrainedNetwork
from zoo.sizing.wiring import wiring as edges


@evaluator("wiring", order=14)
def wiring(trained: TrainedNetwork, options: None) -> pd.DataFrame:
    """One row per connection, found by following what the answers were computed from (`zoo.sizing.wiring.wiring`).

    Columns: source, target: names of units; `input` and `output` are the images and the logits.
    """
    return pd.DataFrame(edges(trained.net), columns=["source", "target"])
