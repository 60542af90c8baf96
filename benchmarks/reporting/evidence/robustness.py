"""Robustness in numbers: how much accuracy and how much computation is left under each attack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from benchmarks.measuring.attacks.contract import CLEAN

KEYS = ["network", "attack", "epsilon"]
"""Columns that together identify a row of `robustness_results`."""
ROUNDING = 9
"""Digits of mean accuracies that are compared: what differs beyond them is the order of a sum."""


def robustness_results(seeds_of: Mapping[str, Sequence[pd.DataFrame]]) -> pd.DataFrame:
    """Accuracy and cost by network, attack and epsilon.

    Columns: network, attack, epsilon, strength (of the attack; 0 in tables from before it was declared), images,
    seeds, accuracy, accuracy_low, accuracy_high (95 % Wilson interval of one seed, or the range over several; but see
    `intervals.of_attacks`), accuracy_std (over seeds; NaN for one), macs (mean routed), relative (macs / those of the
    same images without attack; NaN where they were not recorded).

    Args:
        seeds_of: `benchmarks.measuring.summaries.robustness.attack_rates` of every network, one per seed.
    """
    frames = [table.assign(network=network) for network, seeds in seeds_of.items() for table in seeds]
    if not frames:
        return pd.DataFrame(columns=[*KEYS, "strength", "images", "seeds", "accuracy", "macs", "relative"])
    rows = []
    for (network, attack, epsilon), group in pd.concat(frames).groupby(KEYS, sort=False):
        several = len(group) > 1
        accuracy = group["accuracy"]
        rows.append(
            {
                "network": network,
                "attack": attack,
                "epsilon": epsilon,
                "strength": group["strength"].max(),
                "images": int(group["images"].max()),
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


def attack_names(table: pd.DataFrame) -> list[str]:
    """Attacks of a table of `robustness_results`, the weakest first, which is the one that leaves most images right.

    They are compared on the networks and epsilons that all of them were tried on, where there are any; where they
    leave equally many, by their declared strength.
    """
    made = table[table["attack"] != CLEAN]
    if made.empty:
        return []
    right = made.pivot_table(index=["network", "epsilon"], columns="attack", values="accuracy")
    shared = right.dropna()
    left = (right if shared.empty else shared).mean().round(ROUNDING)
    strength = made.groupby("attack")["strength"].max()
    return sorted(made["attack"].unique(), key=lambda name: (-left[name], strength[name]))


def curve_names(table: pd.DataFrame) -> list[str]:
    """Those of `attack_names` that were made at several radii, or all where none was: a single point is no curve."""
    names = attack_names(table)
    radii = table.groupby("attack")["epsilon"].nunique()
    return [name for name in names if radii[name] > 1] or names


def headline_attack(table: pd.DataFrame) -> tuple[str, float] | None:
    """The attack and epsilon that the one robust number per network is about, or None where nothing was attacked.

    The second smallest epsilon of those that most networks were attacked at, so that as many as possible are compared
    at the same one; and of the attacks that were made on most networks there, the one that leaves the fewest images
    right.
    """
    made = table[table["attack"] != CLEAN]
    if made.empty:
        return None
    shared = sorted(float(str(epsilon)) for epsilon in _most_tried(made, "epsilon"))
    epsilon = shared[min(1, len(shared) - 1)]
    there = made[made["epsilon"] == epsilon]
    return attack_names(there[there["attack"].isin(_most_tried(there, "attack"))])[-1], epsilon


def _most_tried(made: pd.DataFrame, column: str) -> list[object]:
    """The values of a column that occur for the largest number of networks."""
    networks = made.groupby(column)["network"].nunique()
    return list(networks.index[networks == networks.max()])
