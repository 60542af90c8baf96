"""Which attacks a study made, for the sentence that introduces them."""

from __future__ import annotations

import pandas as pd

from benchmarks.measuring.attacks.contract import CLEAN, WORST
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.robustness import attack_names
from benchmarks.reporting.formatting import count, epsilons, listing


def _radius(table: pd.DataFrame) -> float | None:
    """Of the worst case, or None without."""
    found = table.loc[table["attack"] == WORST, "epsilon"]
    return None if found.empty else float(found.iloc[0])


def _trained(evidence: Evidence) -> str:
    """A sentence on who was trained on attacked images."""
    hardened = [network.name for network in evidence.networks if network.first.recipe.adversarial is not None]
    if not hardened:
        return "No network was trained to resist attacks."
    who = "all networks" if len(hardened) == len(evidence.networks) else listing(hardened)
    return f"Trained on attacked images: {who}."


def attacks(evidence: Evidence) -> dict[str, str]:
    """Values of the sentence, for readers: names, radii, images, what to know of each; empty without attacks."""
    table = evidence.robustness
    names = attack_names(table)
    if not names:
        return {}
    radii = epsilons(table.loc[table["attack"] != CLEAN, "epsilon"])
    strong = evidence.study.strong_attacks
    return {
        "strong": ", ".join(strong) if WORST in names else "",
        "radius": epsilons([radius])[radius] if (radius := _radius(table)) else "",
        "names": ", ".join(name for name in names if name != WORST),
        "radii": ", ".join(radii.values()),
        "images": count(table["images"].max()),
        "trained": _trained(evidence),
        "sentences": " ".join(f"{sentence}." for sentence in evidence.study.attacks),
    }
