"""What is computed from a record's tables, kept beside them as long as nothing that it came from has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.measuring.registry import EVALUATORS
from benchmarks.measuring.summaries.corruptions import corruption_rates
from benchmarks.measuring.summaries.detection import detection_rates
from benchmarks.measuring.summaries.jpeg import jpeg_rates
from benchmarks.measuring.summaries.robustness import attack_rates
from benchmarks.measuring.summaries.slowdown import slowdown_rates
from benchmarks.records.answers import SOURCES, packed_answers
from benchmarks.records.changed import decision_answers, lesion_answers
from benchmarks.records.code_hashes import code_hashes
from benchmarks.records.record import CONFIG, Record, as_columns, file_of
from benchmarks.records.summary import rows_of, summaries_of

SUMMARY, ANSWERS = "summary", "answers"
LESION_ANSWERS, DECISION_ANSWERS = "lesion_answers", "decision_answers"
ATTACK_RATES, SLOWDOWN_RATES, CORRUPTION_RATES, JPEG_RATES = "rates", "slowdown_rates", "corruption_rates", "jpeg_rates"
DETECTION_RATES = "detection_rates"
RATES: Mapping[str, tuple[str, Callable[[pd.DataFrame], pd.DataFrame]]] = {
    ATTACK_RATES: ("robustness", attack_rates),
    SLOWDOWN_RATES: ("slowdown", slowdown_rates),
    CORRUPTION_RATES: ("corruptions", corruption_rates),
    JPEG_RATES: ("jpeg", jpeg_rates),
    LESION_ANSWERS: ("lesions", lesion_answers),
    DECISION_ANSWERS: ("decisions", decision_answers),
    DETECTION_RATES: ("detection", detection_rates),
}
"""Derived tables of one evaluator's: the evaluator whose table each comes from, and what computes it."""


def derived(record: Record, name: str) -> pd.DataFrame:
    """A derived table: `summary` (`rows_of`), `answers` (`packed_answers`), or one of `RATES`.

    Raises:
        StoreError: the record has not the table that rates come from, or it is damaged.
    """
    return record.table(name) if _is_current(record, name) else _computed(record, name)


def derived_rows(record: Record, name: str) -> list[dict[str, Any]]:
    """The rows of a derived table.

    Raises:
        StoreError: as `derived`.
    """
    rows: list[dict[str, Any]] = _columns(record, name).to_pylist()
    return rows


def joined(records: Sequence[tuple[str, Record]], name: str, *, column: str) -> pd.DataFrame:
    """A derived table of several records as one; what some of them lack is NaN.

    Args:
        records: with their labels.
        name: of the table.
        column: the first one, that of the labels.

    Raises:
        StoreError: as `derived`.
    """
    tables = [_columns(record, name) for _, record in records]
    if not tables:
        return pd.DataFrame()
    labels = np.repeat([label for label, _ in records], [len(table) for table in tables])
    table: pd.DataFrame = pa.concat_tables(tables, promote_options="permissive").to_pandas(use_threads=False)
    table.insert(0, column, labels)
    return table


def _columns(record: Record, name: str) -> pa.Table:
    return record.columns(name) if _is_current(record, name) else as_columns(_computed(record, name))


def store_derived(record: Record) -> None:
    """Compute and store what is not there or not current. Only for whoever holds the record's claim."""
    for name in _names(record):
        if not _is_current(record, name):
            record.write_table(name, _computed(record, name), {"version": _version(record, name)})


def is_derived(record: Record) -> bool:
    """Whether everything derived is stored and current."""
    return all(_is_current(record, name) for name in _names(record))


def has_rates(record: Record, name: str) -> bool:
    """Whether the record has the table that such rates come from."""
    return record.has(RATES[name][0])


def _names(record: Record) -> list[str]:
    return [SUMMARY, ANSWERS, *(name for name in RATES if has_rates(record, name))]


def _computed(record: Record, name: str) -> pd.DataFrame:
    if name == SUMMARY:
        return rows_of(record)
    if name == ANSWERS:
        return packed_answers(record)
    source, rates = RATES[name]
    return rates(record.table(source))


def _is_current(record: Record, name: str) -> bool:
    if not record.has(name):
        return False
    stored, today = record.made_by(name).get("version"), _version(record, name)
    return stored == today or (name == SUMMARY and _has_more(record, stored or {}, today))


def _has_more(record: Record, stored: Mapping[str, Any], today: Mapping[str, Any]) -> bool:
    """Whether a summary has all that today's would have, and columns of evaluators that are not registered here."""
    sources = {file_of(name) for name in record.manifest["tables"] if name not in EVALUATORS}
    more = stored.get("from", {}).keys() - today["from"].keys()
    unchanged = all(record.manifest["files"].get(file) == digest for file, digest in stored.get("from", {}).items())
    contained = all(stored.get(part, {}).items() >= today[part].items() for part in ("code", "from"))
    return bool(more) and more <= sources and unchanged and contained


def _version(record: Record, name: str) -> dict[str, Any]:
    """The code that computes a derived table, and the digests of the files that it reads."""
    digests = record.manifest["files"]
    modules, tables = _sources(record, name)
    files = [CONFIG, *(file_of(table) for table in tables if record.has(table))]
    return {"code": code_hashes(modules), "from": {file: digests.get(file) for file in files}}


def _sources(record: Record, name: str) -> tuple[list[str], list[str]]:
    """Modules and tables that a derived table of a record comes from."""
    if name in RATES:
        source, rates = RATES[name]
        return [rates.__module__], [source]
    if name == ANSWERS:
        return [packed_answers.__module__], [*SOURCES]
    summaries = summaries_of(record)
    return [rows_of.__module__, *(s.module for s in summaries)], [s.evaluator for s in summaries]
