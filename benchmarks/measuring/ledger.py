"""What every unit costs: the table that turns routes into multiply-accumulates."""

from __future__ import annotations

import pandas as pd

from benchmarks.measuring import evaluator
from benchmarks.measuring.subject import Subject

FIXED = "fixed"
"""Name of the row for all that runs whatever the route."""


@evaluator("ledger", order=6)
def ledger(subject: Subject, options: None) -> pd.DataFrame:
    """One row per unit in the order of the route's columns, then one for the fixed part. Columns: unit, macs."""
    units = [*subject.ledger.units, FIXED]
    return pd.DataFrame({"unit": units, "macs": [*subject.ledger.unit_macs.tolist(), subject.ledger.fixed_macs]})
