"""Which attacks a study made, for the sentence that introduces them."""

from __future__ import annotations

from benchmarks.records.summary import CLEAN
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.robustness import attack_names
from benchmarks.reporting.formatting import count, epsilons

PGD_ENGINES = {
    "compacting": "an image is attacked until it is fooled; its answer and its cost are those of the first success, "
    "near the decision boundary",
    "foolbox": "every image takes every step (foolbox); its answer and its cost are those of the last",
}
"""What the engines of `benchmarks.measuring.robustness.RobustnessOptions` do, for readers."""


def attacks(evidence: Evidence) -> dict[str, str]:
    """Values of the sentence, for readers: names, radii, images, reach and engine; empty where nothing was attacked."""
    table = evidence.robustness
    names = attack_names(table)
    if not names:
        return {}
    radii = epsilons(table.loc[table["attack"] != CLEAN, "epsilon"])
    return {
        "names": ", ".join(names),
        "radii": ", ".join(radii.values()),
        "images": count(table["images"].max()),
        "reach": f"{evidence.study.pgd_reach:g}",
        "engine": PGD_ENGINES[evidence.study.pgd_engine],
    }
