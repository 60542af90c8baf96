"""Detectors on the networks' trunks, one table for all networks and seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

COLUMNS = ["network", "seed", "part", "index", "scenes", "objects", "found", "ap", "ap50", "macs", "nominal"]


def detection_results(rates: Mapping[str, Sequence[pd.DataFrame]]) -> pd.DataFrame:
    """The rates of all networks and seeds.

    Columns: network, seed (from 0), and those of `benchmarks.measuring.summaries.detection.detection_rates`.

    Args:
        rates: by network, those of its seeds one after another, each of which begins with the part `all`.
    """
    frames = [table.assign(network=network) for network, several in rates.items() for table in several if len(table)]
    if not frames:
        return pd.DataFrame(columns=COLUMNS)
    found = pd.concat(frames, ignore_index=True)
    begins = found["part"] == "all"
    return found.assign(seed=begins.groupby(found["network"]).cumsum().astype(int) - 1)[COLUMNS]
