"""Multiply-accumulates of every setting."""

from __future__ import annotations

import pandas as pd

from benchmarks.measuring.summaries import summary_columns


@summary_columns("cost")
def cost_columns(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Columns: those of the table `cost`, and execution (routed / nominal)."""
    costs = table.set_index("setting")
    return costs.assign(execution=costs["routed"] / costs["nominal"])
