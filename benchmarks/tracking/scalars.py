"""The numbers of a record that viewers of training show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from benchmarks.records.derived import SUMMARY, derived
from benchmarks.records.record import Record

HISTORY = ("loss", "train_accuracy", "validation_accuracy", "lr", "seconds")


@dataclass(frozen=True, kw_only=True)
class Scalars:
    """A network's numbers.

    Attributes:
        name: the label of the network in its study.
        record: name of the record.
        finished: when its training had ended, seconds since the epoch.
        epochs: by epoch, from 1, the figures of its training.
        summary: what was measured at the headline setting.
    """

    name: str
    record: str
    finished: float
    epochs: Mapping[int, Mapping[str, float]]
    summary: Mapping[str, float]


def scalars_of(record: Record) -> Scalars:
    """The numbers of a record.

    Raises:
        StoreError: it is damaged.
    """
    history = record.history()
    epochs = {int(row["epoch"]): {name: float(row[name]) for name in HISTORY} for row in history.to_dict("records")}
    return Scalars(
        name=record.spec.label,
        record=record.path.name,
        finished=datetime.fromisoformat(str(record.config["finished"])).timestamp(),
        epochs=epochs,
        summary=_headline(derived(record, SUMMARY)),
    )


def _headline(rows: pd.DataFrame) -> dict[str, float]:
    """The numbers of the headline setting that were measured."""
    chosen = rows[rows["headline"].astype(bool)].select_dtypes("number")
    return {} if chosen.empty else {str(name): float(value) for name, value in chosen.iloc[0].dropna().items()}
