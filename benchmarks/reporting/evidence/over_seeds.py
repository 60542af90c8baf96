"""Accuracies and costs of several seeds, as one row per network and place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

MEASURED = ["images", "seeds", "accuracy", "accuracy_low", "accuracy_high", "accuracy_std", "macs", "relative"]


def over_seeds(seeds_of: Mapping[str, Sequence[pd.DataFrame]], keys: Sequence[str]) -> pd.DataFrame:
    """Means over seeds.

    Columns: network, those of `keys`, images, seeds, accuracy, accuracy_low and accuracy_high (95 % Wilson interval of
    one seed, NaN for several), accuracy_std (over seeds; NaN for one), macs, relative.

    Args:
        seeds_of: rates of every network, one table per seed, with `keys`, images, accuracy, low, high, macs, relative.
        keys: columns that identify a row of such a table.
    """
    frames = [table.assign(network=network) for network, seeds in seeds_of.items() for table in seeds]
    if not frames:
        return pd.DataFrame(columns=["network", *keys, *MEASURED])
    grouped = pd.concat(frames, ignore_index=True).groupby(["network", *keys], sort=False)
    found = grouped.agg(
        images=("images", "max"),
        seeds=("accuracy", "size"),
        accuracy=("accuracy", "mean"),
        accuracy_low=("low", "first"),
        accuracy_high=("high", "first"),
        accuracy_std=("accuracy", "std"),
        macs=("macs", "mean"),
        relative=("relative", "mean"),
    ).reset_index()
    found.loc[found["seeds"] > 1, ["accuracy_low", "accuracy_high"]] = float("nan")
    return found
