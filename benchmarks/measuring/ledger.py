"""Cost of every unit: the table that turns routes into multiply-accumulates."""

from __future__ import annotations

import pandas as pd

from benchmarks.measuring import evaluator
from benchmarks.measuring.trained_network import TrainedNetwork

FIXED = "fixed"
"""Name of the row for what runs on every route."""


@evaluator("ledger", order=6)
def ledger(trained: TrainedNetwork, options: None) -> pd.DataFrame:
    """One row per unit in the order of the route's columns, then one for the fixed part. Columns: unit, macs."""
    units = [*trained.ledger.units, FIXED]
    return pd.DataFrame({"unit": units, "macs": [*trained.ledger.unit_macs.tolist(), trained.ledger.fixed_macs]})
