"""Do harder images take longer routes? Accuracy and cost on corrupted images, by severity."""

from __future__ import annotations

import math

import pandas as pd

from benchmarks.measuring.summaries.corruptions import rank_correlation
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.formatting import signed

NOT_MEASURED = "No network was measured on corrupted images; the option --evaluators corruptions does that."

CHANCE = 1.96
"""Standard deviations of a rank correlation of n independent pairs, 1 / sqrt(n - 1) each, that hold 95 % of them."""


def corrupted(evidence: Evidence, network: NetworkEvidence) -> pd.DataFrame:
    """A network's rows of `Evidence.corruptions`, clean images first; empty where it was not measured."""
    table = evidence.corruptions
    return table[table["network"] == network.label].sort_values("severity", kind="stable")


def by_severity(rows: pd.DataFrame) -> pd.DataFrame:
    """Means over corruptions. Columns: severity (ascending, 0 for clean images), accuracy, relative."""
    return rows.groupby("severity")[["accuracy", "relative"]].mean().reset_index()


def correlation(rows: pd.DataFrame) -> tuple[float, int]:
    """Rank correlation between error and cost over corruptions and severities; see `rank_correlation`."""
    return rank_correlation(rows)


def dynamic(evidence: Evidence) -> list[NetworkEvidence]:
    """Networks whose cost depends on the corruption."""
    spread = evidence.corruptions.groupby("network")["relative"].agg(lambda costs: costs.max() - costs.min())
    return [network for network in evidence.networks if spread.get(network.label, 0.0) > 0]


def answer(evidence: Evidence) -> str:
    """Sentences: in how many networks cost rises or falls with error by more than chance, and all correlations."""
    found = {network.name: correlation(corrupted(evidence, network)) for network in dynamic(evidence)}
    known = {name: value for name, (value, _) in found.items() if not math.isnan(value)}
    if not known:
        return ""
    pairs = min(count for _, count in found.values())
    bound = CHANCE / math.sqrt(pairs - 1)
    ordered = sorted(known.items(), key=lambda item: -item[1])
    values = ", ".join(f"{name} {signed(value)}" for name, value in ordered)
    rising, falling = (sum(sign * value > bound for value in known.values()) for sign in (1, -1))
    return (
        f"Cost rises with error in {rising} of {len(known)} networks and falls in {falling}: their Spearman rank "
        f"correlations over {pairs} means of a corruption at a severity are beyond ±{bound:.2f}, as 1 in 20 would "
        f"be by chance if the means were independent. All correlations: {values}."
    )
