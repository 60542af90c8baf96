"""Where a study keeps its tuning, and how it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.records.files import read_yaml

FOLDER, SUMMARY, TRIALS, TUNED = "tuning", "tuning.yaml", "trials.parquet", "tuned.yaml"


def read_summary(root: Path) -> dict[str, Any] | None:
    """The last tuning of a study's directory, or None.

    Raises:
        StoreError: the file is damaged.
    """
    path = root / FOLDER / SUMMARY
    return read_yaml(path) if path.exists() else None


def read_trials(root: Path) -> pd.DataFrame:
    """Its table of trials."""
    return pd.read_parquet(root / FOLDER / TRIALS)
