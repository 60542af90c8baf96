"""Which networks a study cannot tell apart: the same pictures were put to all, so differences are paired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from scipy.stats import binomtest

from benchmarks.reporting.drawing.formatting import is_missing
from benchmarks.reporting.evidence.evidence import Entry, Evidence

LEVEL = 0.05
"""Differences that chance makes more often than that are not called differences."""


def told_apart(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether two networks' accuracies differ by more than chance: McNemar's exact test.

    Only pictures that one network gets right and the other wrong count; if the networks were equally good,
    each of them would fall to either with probability 1/2.

    Args:
        one: its answers, with columns index, label and prediction.
        other: likewise; pictures that only one table has are left out.
    """
    pairs = _right(one).to_frame("one").join(_right(other).rename("other"), how="inner")
    wins = int((pairs["one"] & ~pairs["other"]).sum())
    losses = int((~pairs["one"] & pairs["other"]).sum())
    return wins + losses > 0 and float(binomtest(wins, wins + losses).pvalue) < LEVEL


def _right(answers: pd.DataFrame) -> pd.Series:
    right: pd.Series = (answers["label"] == answers["prediction"]).set_axis(answers["index"])
    return right


def accuracy_equals(evidence: Evidence, best: Entry) -> list[Entry]:
    """Networks whose test accuracy at the headline setting cannot be told apart from the best one's."""
    answers = {entry.label: entry.first.headline_answers() for entry in evidence.entries}
    return _equals(evidence, best, evidence.headlines, answers)


def robust_equals(evidence: Evidence, best: Entry, chosen: tuple[str, float]) -> list[Entry]:
    """Networks whose accuracy under an attack at an epsilon cannot be told apart from the best one's."""
    table = evidence.attacks
    at = table[(table["attack"] == chosen[0]) & (table["epsilon"] == chosen[1])]
    rows = {row["entry"]: {str(name): row[name] for name in row} for row in at.to_dict("records")}
    answers = {e.label: _under(e, chosen) if e.label in rows else None for e in evidence.entries}
    return _equals(evidence, best, rows, answers)


def _under(entry: Entry, chosen: tuple[str, float]) -> pd.DataFrame:
    tables = [model.tables["robustness"] for model in entry.models if "robustness" in model.tables]
    table = tables[0]
    return table[(table["attack"] == chosen[0]) & (table["epsilon"] == chosen[1])]


def _equals(
    evidence: Evidence,
    best: Entry,
    rows: Mapping[str, Mapping[str, Any]],
    answers: Mapping[str, pd.DataFrame | None],
) -> list[Entry]:
    """By the ranges over seeds where there are several, else by the paired test on the pictures."""
    found = []
    for entry in evidence.entries:
        if entry is best or is_missing(rows.get(entry.label, {}).get("accuracy")):
            continue
        one, two = answers[best.label], answers[entry.label]
        single = max(rows[best.label]["seeds"], rows[entry.label]["seeds"]) == 1
        if single and one is not None and two is not None:
            apart = told_apart(one, two)
        else:
            apart = bool(rows[best.label]["accuracy_low"] > rows[entry.label]["accuracy_high"])
        if not apart:
            found.append(entry)
    return found
