"""Which images a network was right about, packed: all that comparisons of accuracies need."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.records.record import Record

SOURCES = ("accuracy", "robustness")
"""Tables that answers come from."""
ATTACKED = ""
"""The setting of answers without attack to the images that were attacked: those of the headline setting."""
COLUMNS = ["setting", "attack", "epsilon", "of", "images", "right"]


def packed_answers(record: Record) -> pd.DataFrame:
    """A row per setting without attack, and per attack and epsilon at the headline setting.

    The images that were attacked may be fewer than those of the test split: without an attack they have a row of their
    own, whose setting is `ATTACKED`.

    Columns: setting, attack (`none` without one), epsilon (0 without one), of (digest of the images' numbers: answers
    can be paired where it is equal), images, right (bytes: a bit per image, in the order of their numbers; see
    `unpacked`).
    """
    rows: list[dict[str, Any]] = []
    if record.has("accuracy"):
        for setting, group in record.table("accuracy").groupby("setting", sort=False):
            rows.append({"setting": setting, "attack": CLEAN, "epsilon": 0.0, **packed(group)})
    if record.has("robustness"):
        rows += _attacked(record.table("robustness"), record.settings[0].name)
    return pd.DataFrame(rows, columns=COLUMNS)


def packed(group: pd.DataFrame) -> dict[str, Any]:
    """The columns of, images and right (see `packed_answers`) of one row per image: index, label, prediction."""
    ordered = group.sort_values("index")
    right = (ordered["label"] == ordered["prediction"]).to_numpy()
    numbers = ordered["index"].to_numpy(dtype=np.int64)
    return {
        "of": hashlib.sha256(numbers.tobytes()).hexdigest()[:16],
        "images": len(right),
        "right": np.packbits(right).tobytes(),
    }


def unpacked(right: bytes, images: int) -> NDArray[np.bool_]:
    """Whether each image was right, (I,)."""
    return np.unpackbits(np.frombuffer(right, dtype=np.uint8), count=images).astype(np.bool_)


def _attacked(table: pd.DataFrame, setting: str) -> Iterator[dict[str, Any]]:
    for (attack, epsilon), group in table.groupby(["attack", "epsilon"], sort=False, observed=True):
        of = ATTACKED if attack == CLEAN else setting
        yield {"setting": of, "attack": str(attack), "epsilon": float(str(epsilon)), **packed(group)}
