"""Do harder images take longer routes? Accuracy and cost on corrupted images, by severity."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd
from scipy.stats import binomtest

from benchmarks.measuring.summaries.corruptions import rank_correlation
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.formatting import signed
from benchmarks.statistics import ALPHA

NOT_MEASURED = "No network was measured on corrupted images; the option --evaluators corruptions does that."


@dataclass(frozen=True)
class Trend:
    """Whether a network's cost goes with its error, over the means of corruptions at severities.

    Attributes:
        rises: corruptions along which it rises, by the sign of the rank correlation of the severities of one.
        falls: likewise.
        correlation: Spearman's over all means; NaN where there is none.
        pairs: that it is of.
    """

    rises: int
    falls: int
    correlation: float
    pairs: int

    @property
    def sign(self) -> int:
        """1 or -1 where it rises or falls along more corruptions than by chance, by a sign test; else 0.

        Of corruptions, and not of their severities: those of one are not independent.
        """
        told = self.rises + self.falls
        if not told or binomtest(self.rises, told).pvalue >= ALPHA:
            return 0
        return 1 if self.rises > self.falls else -1


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


def trend(rows: pd.DataFrame) -> Trend:
    """Of a network's rows of `Evidence.corruptions`."""
    own = [rank_correlation(of_one)[0] for _, of_one in rows.groupby("corruption")]
    return Trend(sum(value > 0 for value in own), sum(value < 0 for value in own), *rank_correlation(rows))


def answer(evidence: Evidence) -> str:
    """Sentences: in how many networks cost rises or falls with error by more than chance, and all correlations."""
    found = {network.name: trend(corrupted(evidence, network)) for network in dynamic(evidence)}
    known = {name: own for name, own in found.items() if not math.isnan(own.correlation)}
    if not known:
        return ""
    pairs = min(own.pairs for own in known.values())
    ordered = sorted(known.items(), key=lambda item: -item[1].correlation)
    along = ", ".join(f"{own.rises} of {own.rises + own.falls} ({name})" for name, own in ordered)
    values = ", ".join(f"{name} {signed(own.correlation)}" for name, own in ordered)
    rising, falling = (sum(own.sign == sign for own in known.values()) for sign in (1, -1))
    return (
        f"Cost rises with error in {rising} of {len(known)} networks and falls in {falling}, by a sign test over "
        f"corruptions (5 %): it rises along the severities of {along}. Spearman rank correlations over all {pairs} "
        f"means of a corruption at a severity: {values}."
    )
