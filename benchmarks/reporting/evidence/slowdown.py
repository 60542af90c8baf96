"""Computation under attack in numbers: a row per network, goal and epsilon, over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

COST, KEPT, LOST, NOISE, CLEAN = "cost", "kept", "lost", "noise", "none"
"""Goals of the table `slowdown`; the last two are its control, and the images without an attack."""
KEYS = ["network", "goal", "epsilon"]
"""Columns that together identify a row of `slowdown_results`."""
FIGURES = ["share", "undone", "growth", "at_nominal", "efficacy", "accuracy"]
BOUNDED = ["share", "accuracy"]
"""Those that have an interval over the images of one seed."""


def slowdown_results(seeds_of: Mapping[str, Sequence[pd.DataFrame]]) -> pd.DataFrame:
    """Cost and accuracy under attacks on the cost, by network, goal and epsilon.

    Columns: network, goal, epsilon, images, seeds, and each of `FIGURES`, see
    `benchmarks.measuring.summaries.slowdown.slowdown_rates`: its mean over seeds and its deviation over them
    (`<figure>_std`, NaN for one); of share and accuracy the ends of an interval (`<figure>_low` and `_high`: of one
    seed 95 % over images, of several the smallest and the largest).

    Args:
        seeds_of: `slowdown_rates` of every network, one table per seed; empty ones are of networks whose cost cannot be
            attacked.
    """
    frames = [table.assign(network=label) for label, seeds in seeds_of.items() for table in seeds if len(table)]
    if not frames:
        return pd.DataFrame(columns=[*KEYS, "images", "seeds", *FIGURES])
    grouped = pd.concat(frames, ignore_index=True).groupby(KEYS, sort=False)
    found = grouped[FIGURES].mean()
    found = found.join(grouped[FIGURES].std().add_suffix("_std")).assign(images=grouped["images"].max())
    found["seeds"] = grouped.size()
    for figure in BOUNDED:
        extremes = grouped[figure].agg(["min", "max"])
        for end, extreme in ((f"{figure}_low", "min"), (f"{figure}_high", "max")):
            found[end] = grouped[end].first().where(found["seeds"] == 1, extremes[extreme])
    return found.reset_index()


def radii(table: pd.DataFrame) -> list[float]:
    """Epsilons of a table of `slowdown_results`, ascending, without that of the clean images."""
    return sorted({float(epsilon) for epsilon in table["epsilon"]} - {0.0})
