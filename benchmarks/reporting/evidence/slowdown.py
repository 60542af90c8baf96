"""Computation under attack in numbers: a row per network, goal and epsilon, over seeds."""

from __future__ import annotations

import re

import pandas as pd

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.formatting import is_missing

COST, KEPT, LOST, NOISE, CLEAN = "cost", "kept", "lost", "noise", "none"
"""Goals of the table `slowdown`; the last two are its control, and the images without an attack."""
_COLUMN = re.compile(r"slowdown_share_([a-z]+)_([\d.e-]+)")


def slowdown_results(evidence: Evidence) -> pd.DataFrame:
    """What was attacked at the headline setting; no rows where nothing was.

    Columns: network, goal, epsilon, and each figure of `benchmarks.measuring.summaries.slowdown.FIGURES`: its
    mean over seeds, the deviation over them (`<figure>_std`, NaN for one), and for share and accuracy the ends of an
    interval (`<figure>_low` and `_high`: of one seed 95 % over images, of several the smallest and the largest).
    """
    rows = []
    places = [match.groups() for column in evidence.results.columns if (match := _COLUMN.fullmatch(str(column)))]
    for network in evidence.networks:
        values = evidence.headlines[network.label]
        for goal, epsilon in places:
            ending = f"_{goal}_{epsilon}"
            if is_missing(values.get(f"slowdown_share{ending}")):
                continue
            own = {
                name.removeprefix("slowdown_").replace(ending, ""): value
                for name, value in values.items()
                if name.startswith("slowdown_") and re.search(rf"{re.escape(ending)}(_low|_high|_std)?$", name)
            }
            rows.append({"network": network.label, "goal": goal, "epsilon": float(epsilon), **own})
    return pd.DataFrame(rows, columns=None if rows else ["network", "goal", "epsilon"])


def radii(table: pd.DataFrame) -> list[float]:
    """Epsilons of a table of `slowdown_results`, ascending, without that of the clean images."""
    return sorted({float(epsilon) for epsilon in table["epsilon"]} - {0.0})
