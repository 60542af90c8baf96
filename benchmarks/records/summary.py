"""One row per trained model and setting, computed from per-sample tables alone."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from benchmarks.measuring import evaluators
from benchmarks.measuring.summaries import SUMMARIES, Summary
from benchmarks.records.record import Record


def summarise(records: Mapping[str, Record]) -> pd.DataFrame:
    """Table of all records, by label: the columns of `rows_of`, and `model`. Absent measurements are NaN."""
    frames = [rows_of(record).assign(model=label) for label, record in records.items()]
    if not frames:
        return pd.DataFrame()
    table = pd.concat(frames, ignore_index=True)
    return table[["model", *(column for column in table if column != "model")]]


def rows_of(record: Record) -> pd.DataFrame:
    """One record's row per setting.

    Columns: method, preset, repetition, id, setting, headline, note, train_seconds, baseline (selector of the static
    ResNet that it is compared with, timed beside it), baseline_macs, and those that `benchmarks.measuring.summaries`
    and plug-ins make of the tables that it has.

    Raises:
        ValueError: a summary repeats a column or a setting.
    """
    config = record.config
    spec = config["spec"]
    settings = config["settings"]
    rows = pd.DataFrame(
        {
            "method": spec["method"],
            "preset": spec["preset"],
            "repetition": spec["repetition"],
            "id": record.path.name,
            "setting": [setting["name"] for setting in settings],
            "headline": [index == 0 for index in range(len(settings))],
            "note": [setting["note"] for setting in settings],
            "train_seconds": math.nan if "origin" in config else config["seconds"],
            "baseline": config["baseline"]["network"],
            "baseline_macs": config["baseline"]["macs"],
        }
    ).set_index("setting", drop=False)
    for summary in summaries_of(record):
        columns = summary.columns(record.table(summary.evaluator), rows)
        _check(summary, columns, rows)
        rows = rows.join(columns)
    return rows.reset_index(drop=True)


def summaries_of(record: Record) -> list[Summary]:
    """Summaries of the tables that a record has, in the order of evaluators."""
    return [SUMMARIES[e.name] for e in evaluators() if e.name in SUMMARIES and record.has(e.name)]


def _check(summary: Summary, columns: pd.DataFrame, rows: pd.DataFrame) -> None:
    repeated = [str(column) for column in columns if column in rows]
    if repeated:
        raise ValueError(f"{summary.module}: the summary has these columns already: {', '.join(repeated)}")
    if not columns.index.is_unique:
        raise ValueError(f"{summary.module}: a summary has one row per setting")
