"""Quartiles of repeated measurements."""

from __future__ import annotations

import pandas as pd


def quartiles(kind: str, needed: pd.DataFrame, values: pd.Series) -> pd.DataFrame:
    """Quartiles of values by setting, columns <kind>_<batch>_low and <kind>_<batch>_high.

    Args:
        kind: of measurement, for names of columns.
        needed: the rows that the values belong to, with `setting` and `batch_size`.
        values: one per row.
    """
    grouped = values.groupby([needed["setting"], needed["batch_size"]])
    low, high = (grouped.quantile(q).unstack("batch_size") for q in (0.25, 0.75))
    low.columns = [f"{kind}_{size}_low" for size in low.columns]
    high.columns = [f"{kind}_{size}_high" for size in high.columns]
    return low.join(high)
