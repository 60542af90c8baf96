"""What is computed from a record's tables, kept beside them as long as nothing that it came from has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from benchmarks.measuring.summaries.robustness import attack_rates
from benchmarks.records.answers import SOURCES, packed_answers
from benchmarks.records.code_hashes import code_hashes
from benchmarks.records.record import CONFIG, Record
from benchmarks.records.summary import rows_of, summaries_of

SUMMARY, RATES, ANSWERS = "summary", "rates", "answers"
ATTACKED = "robustness"
"""The table that rates come from."""


def _rates(record: Record) -> pd.DataFrame:
    return attack_rates(record.table(ATTACKED)) if record.has(ATTACKED) else pd.DataFrame()


COMPUTED: Mapping[str, Callable[[Record], pd.DataFrame]] = {SUMMARY: rows_of, RATES: _rates, ANSWERS: packed_answers}


def derived(record: Record, name: str) -> pd.DataFrame:
    """A derived table: `summary` (`benchmarks.records.summary.rows_of`), `rates` (`attack_rates`) or `answers`."""
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
    """The code that computes a derived table, and the digests of the files that it reads."""
    digests = record.manifest["files"]
    modules, tables = _sources(record, name)
    files = [CONFIG, *(f"{table}.parquet" for table in tables if record.has(table))]
    return {"code": code_hashes(modules), "from": {file: digests.get(file) for file in files}}


def _sources(record: Record, name: str) -> tuple[list[str], list[str]]:
    """Modules and tables that a derived table of a record comes from."""
    if name == RATES:
        return [attack_rates.__module__], [ATTACKED]
    if name == ANSWERS:
        return [packed_answers.__module__], [*SOURCES]
    summaries = summaries_of(record)
    return [rows_of.__module__, *(s.module for s in summaries)], [s.evaluator for s in summaries]
