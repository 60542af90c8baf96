"""Which differences between networks are significant: all answer the same images, so differences are paired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from scipy.stats import binomtest

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.formatting import is_missing

LEVEL = 0.05
"""The p-value below which a difference is significant."""


def significant_difference(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether two networks' accuracies differ by more than chance: McNemar's exact test.

    Only images that one network gets right and the other wrong count; if the networks were equally good,
    each of them would fall to either with probability 1/2.

    Args:
        one: its answers, with columns index, label and prediction.
        other: of the other network; images that only one table has are left out.
    """
    pairs = _right(one).to_frame("one").join(_right(other).rename("other"), how="inner")
    wins = int((pairs["one"] & ~pairs["other"]).sum())
    losses = int((~pairs["one"] & pairs["other"]).sum())
    return wins + losses > 0 and float(binomtest(wins, wins + losses).pvalue) < LEVEL


def _right(answers: pd.DataFrame) -> pd.Series:
    right: pd.Series = (answers["label"] == answers["prediction"]).set_axis(answers["index"])
    return right


def indistinguishable_in_accuracy(evidence: Evidence, best: NetworkEvidence) -> list[NetworkEvidence]:
    """Networks whose test accuracy at the headline setting does not differ significantly from the best one's."""
    answers = {network.label: network.first.headline_answers() for network in evidence.networks}
    return _indistinguishable(evidence, best, evidence.headlines, answers)


def indistinguishable_under_attack(
    evidence: Evidence, best: NetworkEvidence, chosen: tuple[str, float]
) -> list[NetworkEvidence]:
    """Networks whose accuracy under an attack at an epsilon does not differ significantly from the best one's."""
    table = evidence.robustness
    at = table[(table["attack"] == chosen[0]) & (table["epsilon"] == chosen[1])]
    rows = {row["network"]: {str(name): row[name] for name in row} for row in at.to_dict("records")}
    answers = {network.label: _answers_under(network, chosen) for network in evidence.networks if network.label in rows}
    return _indistinguishable(evidence, best, rows, answers)


def _answers_under(network: NetworkEvidence, chosen: tuple[str, float]) -> pd.DataFrame | None:
    table = network.measurement("robustness")
    return None if table is None else table[(table["attack"] == chosen[0]) & (table["epsilon"] == chosen[1])]


def _indistinguishable(
    evidence: Evidence,
    best: NetworkEvidence,
    rows: Mapping[str, Mapping[str, Any]],
    answers: Mapping[str, pd.DataFrame | None],
) -> list[NetworkEvidence]:
    """By the ranges over seeds where there are several, else by the paired test on images."""
    found = []
    for network in evidence.networks:
        if network is best or is_missing(rows.get(network.label, {}).get("accuracy")):
            continue
        one, two = answers.get(best.label), answers.get(network.label)
        single = max(rows[best.label]["seeds"], rows[network.label]["seeds"]) == 1
        if single and one is not None and two is not None:
            apart = significant_difference(one, two)
        else:
            apart = bool(rows[best.label]["accuracy_low"] > rows[network.label]["accuracy_high"])
        if not apart:
            found.append(network)
    return found
