"""Robustness in numbers: how much accuracy and how much computation is left under each attack."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from benchmarks.summary import interval

CLEAN = "none"
"""Name of the attack that does nothing."""
KEYS = ["entry", "attack", "epsilon"]
"""Columns that tell the rows of `rates` apart."""


def rates(tables: Mapping[str, Sequence[pd.DataFrame]]) -> pd.DataFrame:
    """Accuracy and cost by entry, attack and epsilon.

    Columns: entry, attack, epsilon, pictures, seeds, accuracy, accuracy_low, accuracy_high (95 % Wilson
    interval of one seed, or the range over several), accuracy_std (over seeds; NaN for one), macs (mean
    routed), relative (macs / those of the same pictures without attack; NaN where they were not recorded).

    Args:
        tables: robustness tables of every entry, one per seed.
    """
    frames = [_of_seed(table).assign(entry=entry) for entry, seeds in tables.items() for table in seeds]
    if not frames:
        return pd.DataFrame(columns=[*KEYS, "pictures", "seeds", "accuracy", "macs", "relative"])
    rows = []
    for (entry, attack, epsilon), group in pd.concat(frames).groupby(KEYS, sort=False):
        several = len(group) > 1
        accuracy = group["accuracy"]
        rows.append(
            {
                "entry": entry,
                "attack": attack,
                "epsilon": epsilon,
                "pictures": int(group["pictures"].max()),
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


def _of_seed(table: pd.DataFrame) -> pd.DataFrame:
    clean = table.loc[table["attack"] == CLEAN, "macs"].mean()
    rows = []
    for (attack, epsilon), group in table.groupby(["attack", "epsilon"], sort=False):
        right = int((group["label"] == group["prediction"]).sum())
        low, high = interval(right, len(group))
        macs = group["macs"].mean()
        rows.append(
            {
                "attack": attack,
                "epsilon": float(str(epsilon)),
                "pictures": len(group),
                "accuracy": right / len(group),
                "low": low,
                "high": high,
                "macs": macs,
                "relative": macs / clean,
            }
        )
    return pd.DataFrame(rows)


def names(table: pd.DataFrame) -> list[str]:
    """Attacks of a table of `rates`, the weakest first: single-step ones, then PGD by its number of steps."""
    return sorted(set(table["attack"]) - {CLEAN}, key=_strength)


def _strength(attack: str) -> tuple[int, str]:
    steps = re.fullmatch(r"PGD-(\d+)", attack)
    return (int(steps[1]) if steps else 0, attack)


def benchmark_attack(table: pd.DataFrame) -> tuple[str, float] | None:
    """The attack and epsilon that one number per network stands for, or None where nothing was attacked.

    The strongest attack at the second smallest of its epsilons: of those that most networks were measured
    at, so that as many as possible are compared at the same one.
    """
    attacks = names(table)
    if not attacks:
        return None
    strongest = table[table["attack"] == attacks[-1]]
    networks = strongest.groupby("epsilon")["entry"].nunique()
    shared = sorted(float(str(epsilon)) for epsilon in networks.index[networks == networks.max()])
    return attacks[-1], shared[min(1, len(shared) - 1)]
