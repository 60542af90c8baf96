"""What every exit of a network answered, as arrays: a row per image, a column per exit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.reporting.evidence.evidence import NetworkEvidence

Floats = NDArray[np.float64]

ENTROPY, CONFIDENCE, SCALED, OWN = "entropy", "confidence", "scaled confidence", "its own rule"
"""What decides whether an image leaves."""
SCORES: Mapping[str, str] = {ENTROPY: "entropy", CONFIDENCE: "doubt", SCALED: "scaled_doubt", OWN: "uncertainty"}
"""The column that each is compared with a threshold by: the lower, the surer."""
TEST, VALIDATION = "test", "validation"

FIXED = "fixed"
"""Name of the row of the table `ledger` for what runs on every route."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ExitAnswers:
    """Of N images and E exits, in order; of the first seed.

    Attributes:
        exits: names of the units.
        labels: (N,).
        predictions: (N, E).
        scores: (N, E) by criterion, see `SCORES`; `OWN` only where the network decides by another one.
        own: the criterion by which the network decides.
        macs: (E,) cost of an image that leaves there, the heads of earlier exits included.
        temperatures: (E,), fitted on validation images.
    """

    exits: tuple[str, ...]
    labels: NDArray[np.int_]
    predictions: NDArray[np.int_]
    scores: Mapping[str, Floats]
    own: str
    macs: Floats
    temperatures: Floats

    @property
    def right(self) -> NDArray[np.bool_]:
        """(N, E)."""
        return np.asarray(self.predictions == self.labels[:, None])


def of_split(table: pd.DataFrame, split: str) -> pd.DataFrame:
    """The rows of a table of exits on one split; tables of before have test images only, and do not say so."""
    if "split" in table:
        return table[table["split"] == split]
    return table if split == TEST else table.iloc[:0]


@lru_cache(maxsize=64)
def exit_answers(network: NetworkEvidence, split: str = TEST) -> ExitAnswers | None:
    """None where the network has no early exits, or its exits were not measured, or before temperatures were fitted."""
    table, ledger = (network.first.measurements.get(name) for name in ("exits", "ledger"))
    if table is None or ledger is None or "temperature" not in table:
        return None
    own = of_split(table, split)
    own = own[own["note"] == ""].sort_values("index", kind="stable")
    if own.empty:
        return None
    exits = tuple(dict.fromkeys(own["exit"]))

    def columns(name: str) -> Floats:
        return np.stack([own.loc[own["exit"] == one, name].to_numpy(dtype=float) for one in exits], axis=1)

    scores = {criterion: columns(name) for criterion, name in SCORES.items()}
    decides = next(one for one in (ENTROPY, CONFIDENCE, OWN) if np.allclose(scores[one], scores[OWN], atol=1e-6))
    return ExitAnswers(
        exits=exits,
        labels=columns("label")[:, 0].astype(int),
        predictions=columns("prediction").astype(int),
        scores={one: values for one, values in scores.items() if one != OWN or decides == OWN},
        own=decides,
        macs=_macs(ledger, exits),
        temperatures=columns("temperature")[0],
    )


def _macs(ledger: pd.DataFrame, exits: tuple[str, ...]) -> Floats:
    """Fixed part, and every unit up to each exit."""
    fixed = ledger["unit"] == FIXED
    reached = ledger[~fixed].set_index("unit")["macs"].cumsum()
    return np.asarray(reached[list(exits)] + int(ledger.loc[fixed, "macs"].iloc[0]), dtype=float)
