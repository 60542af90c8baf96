"""JPEG as a defence, as the paper of ConvNet-AIG tested it: the network beside the static ResNet of the same trunk."""

from __future__ import annotations

import pandas as pd

from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.robustness import attack_names

NOT_MEASURED = "No network was measured behind JPEG; the option --evaluators jpeg does that."
TESTED = "adanet"
"""The method whose paper has the figure (Veit and Belongie 2018)."""
USUAL = 75
"""The quality that figures show, or the one measured next to it."""
NONE = 0
"""Quality of images that are not compressed."""


def shown_quality(evidence: Evidence) -> int:
    """The measured quality nearest to the usual one."""
    qualities = sorted(set(evidence.jpeg["quality"]) - {NONE})
    return min((int(quality) for quality in qualities), key=lambda quality: abs(quality - USUAL))


def attacks(evidence: Evidence) -> list[str]:
    """Attacks without the defence, the weakest first."""
    bare = evidence.jpeg[evidence.jpeg["quality"] == NONE]
    return attack_names(bare.assign(strength=0))


def pairs(evidence: Evidence) -> list[tuple[NetworkEvidence, NetworkEvidence]]:
    """Networks of that method and their static twins, where both were measured."""
    measured = [network for network in evidence.networks if network.label in set(evidence.jpeg["network"])]
    twins = {network.first.selector: network for network in measured}
    return [
        (network, twins[network.first.baseline.network])
        for network in measured
        if network.method.name == TESTED and network.first.baseline.network in twins
    ]


def curve(evidence: Evidence, network: NetworkEvidence, attack: str, quality: int, *, knows: bool) -> pd.DataFrame:
    """Rows of one network over epsilon, clean images at 0, ascending."""
    table = evidence.jpeg
    own = table[(table["network"] == network.label) & (table["quality"] == quality)]
    clean = own["attack"] == CLEAN
    return own[clean | ((own["attack"] == attack) & (own["knows"] == knows))].sort_values("epsilon")


def ahead(evidence: Evidence, attack: str, quality: int, *, knows: bool) -> tuple[int, int]:
    """At how many radii, of how many, networks of that method are more accurate than their static twins."""
    differences = [
        ours - theirs
        for network, twin in pairs(evidence)
        for ours, theirs in zip(
            *(_attacked(curve(evidence, n, attack, quality, knows=knows)) for n in (network, twin)), strict=True
        )
    ]
    return sum(difference > 0 for difference in differences), len(differences)


def _attacked(rows: pd.DataFrame) -> list[float]:
    return [float(accuracy) for accuracy in rows.loc[rows["epsilon"] > 0, "accuracy"]]
