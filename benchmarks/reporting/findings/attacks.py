"""Which attacks a study made, for the sentence that introduces them."""

from __future__ import annotations

from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.robustness import attack_names
from benchmarks.reporting.formatting import count, epsilons


def attacks(evidence: Evidence) -> dict[str, str]:
    """Values of the sentence, for readers: names, radii, images, what to know of each; empty without attacks."""
    table = evidence.robustness
    names = attack_names(table)
    if not names:
        return {}
    radii = epsilons(table.loc[table["attack"] != CLEAN, "epsilon"])
    return {
        "names": ", ".join(names),
        "radii": ", ".join(radii.values()),
        "images": count(table["images"].max()),
        "sentences": " ".join(f"{sentence}." for sentence in evidence.study.attacks),
    }
