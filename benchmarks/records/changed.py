"""Which images a network was right about when it was changed on purpose: parts taken out, decisions made otherwise."""

from __future__ import annotations

import pandas as pd

from benchmarks.records.answers import packed

LESION = ["kind", "lesion", "parts", "count", "disorder"]
DECISION = ["decided", "draw"]
PACKED = ["of", "images", "right"]


def lesion_answers(table: pd.DataFrame) -> pd.DataFrame:
    """A row per lesion of a table of `benchmarks.measuring.lesions`, in its order.

    Columns: kind, lesion, parts, count, disorder, macs (mean), of, images, right (see
    `benchmarks.records.answers.packed_answers`).
    """
    return _rows(table, LESION)


def decision_answers(table: pd.DataFrame) -> pd.DataFrame:
    """A row per way to decide and draw of a table of `benchmarks.measuring.decisions`; none where nothing is decided.

    Columns: decided, draw, macs (mean), of, images, right.
    """
    return _rows(table[table["note"] == ""], DECISION)


def _rows(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    rows = []
    for values, group in table.groupby(keys, sort=False, observed=True):
        rows.append({**dict(zip(keys, values, strict=True)), "macs": float(group["macs"].mean()), **packed(group)})
    return pd.DataFrame(rows, columns=[*keys, "macs", *PACKED])
