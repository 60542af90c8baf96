"""Robustness in numbers: how much accuracy and how much computation is left under each attack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from benchmarks.measuring.attacks.contract import CLEAN

KEYS = ["entry", "attack", "epsilon"]
"""Columns that tell the rows of `rates` apart."""
ROUNDING = 9
"""Digits of mean accuracies that are compared: what differs beyond them is the order of a sum."""


def rates(seeds_of: Mapping[str, Sequence[pd.DataFrame]]) -> pd.DataFrame:
    """Accuracy and cost by entry, attack and epsilon.

    Columns: entry, attack, epsilon, strength (of the attack; 0 in tables from before it was declared), pictures,
    seeds, accuracy, accuracy_low, accuracy_high (95 % Wilson interval of one seed, or the range over several),
    accuracy_std (over seeds; NaN for one), macs (mean routed), relative (macs / those of the same pictures without
    attack; NaN where they were not recorded).

    Args:
        seeds_of: `benchmarks.measuring.summaries.robustness.attack_rates` of every entry, one per seed.
    """
    frames = [table.assign(entry=entry) for entry, seeds in seeds_of.items() for table in seeds]
    if not frames:
        return pd.DataFrame(columns=[*KEYS, "strength", "pictures", "seeds", "accuracy", "macs", "relative"])
    rows = []
    for (entry, attack, epsilon), group in pd.concat(frames).groupby(KEYS, sort=False):
        several = len(group) > 1
        accuracy = group["accuracy"]
        rows.append(
            {
                "entry": entry,
                "attack": attack,
                "epsilon": epsilon,
                "strength": group["strength"].max(),
                "pictures": int(group["images"].max()),
                "seeds": len(group),
                "accuracy": accuracy.mean(),
                "accuracy_low": accuracy.min() if several else group["low"].iloc[0],
                "accuracy_high": accuracy.max() if several else group["high"].iloc[0],
                "accuracy_std": accuracy.std(),
                "macs": group["macs"].mean(),
                "relative": group["relative"].mean(),
            }
        )
    return pd.DataFrame(rows)


def names(table: pd.DataFrame) -> list[str]:
    """Attacks of a table of `rates`, the weakest first, which is the one that leaves most pictures right.

    They are compared on the networks and epsilons that all of them were tried on, where there are any; where they
    leave equally many, by their declared strength.
    """
    made = table[table["attack"] != CLEAN]
    if made.empty:
        return []
    right = made.pivot_table(index=["entry", "epsilon"], columns="attack", values="accuracy")
    shared = right.dropna()
    left = (right if shared.empty else shared).mean().round(ROUNDING)
    strength = made.groupby("attack")["strength"].max()
    return sorted(made["attack"].unique(), key=lambda name: (-left[name], strength[name]))


def benchmark_attack(table: pd.DataFrame) -> tuple[str, float] | None:
    """The attack and epsilon that one number per network stands for, or None where nothing was attacked.

    The second smallest epsilon of those that most networks were attacked at, so that as many as possible are compared
    at the same one; and of the attacks that most networks met there, the one that leaves the fewest pictures right.
    """
    made = table[table["attack"] != CLEAN]
    if made.empty:
        return None
    shared = sorted(float(str(epsilon)) for epsilon in _most_tried(made, "epsilon"))
    epsilon = shared[min(1, len(shared) - 1)]
    there = made[made["epsilon"] == epsilon]
    return names(there[there["attack"].isin(_most_tried(there, "attack"))])[-1], epsilon


def _most_tried(made: pd.DataFrame, column: str) -> list[object]:
    """Values of a column that the most networks have."""
    networks = made.groupby(column)["entry"].nunique()
    return list(networks.index[networks == networks.max()])
