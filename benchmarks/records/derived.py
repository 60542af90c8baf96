"""What is computed from a record's tables, kept beside them as long as nothing that it came from has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from benchmarks.records.code_hashes import code_hashes
from benchmarks.records.record import CONFIG, Record
from benchmarks.records.summary import attack_rates, rows_of

SUMMARY, RATES = "summary", "rates"
SOURCES: Mapping[str, tuple[str, ...]] = {
    SUMMARY: ("accuracy", "cost", "latency", "energy", "robustness"),
    RATES: ("robustness",),
}
"""Tables that each comes from, besides the configuration."""


def _rates(record: Record) -> pd.DataFrame:
    return attack_rates(record.table("robustness")) if record.has("robustness") else pd.DataFrame()


COMPUTED: Mapping[str, Callable[[Record], pd.DataFrame]] = {SUMMARY: rows_of, RATES: _rates}


def derived(record: Record, name: str) -> pd.DataFrame:
    """A derived table: `summary` (`rows_of`) or `rates` (`attack_rates`), both of `benchmarks.records.summary`."""
    return record.table(name) if _is_current(record, name) else COMPUTED[name](record)


def store_derived(record: Record) -> None:
    """Compute and store what is not there or not current. Only for whoever holds the record's claim."""
    for name, compute in COMPUTED.items():
        if not _is_current(record, name):
            record.write_table(name, compute(record), {"version": _version(record, name)})


def is_derived(record: Record) -> bool:
    """Whether everything derived is stored and current."""
    return all(_is_current(record, name) for name in COMPUTED)


def _is_current(record: Record, name: str) -> bool:
    return record.has(name) and record.made_by(name).get("version") == _version(record, name)


def _version(record: Record, name: str) -> dict[str, Any]:
    files = record.manifest["files"]
    sources = [CONFIG, *(f"{table}.parquet" for table in SOURCES[name] if record.has(table))]
    return {
        "code": code_hashes(["benchmarks.records.summary"]),
        "from": {source: files.get(source) for source in sources},
    }
