"""Labels as they are stored, as positions in the names of the classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.contract import DataCorrupt
from benchmarks.data.splitting import Labels


def named(place: str, values: NDArray[Any], names: Sequence[str]) -> Labels:
    """Labels that are names, or positions in the names, as positions.

    Args:
        place: of the labels, for messages.
        values: (N,) as stored.
        names: of the classes.

    Raises:
        DataCorrupt: a label is no class; names its row.
    """
    if values.dtype.kind in "OUT":
        places = {name: place for place, name in enumerate(names)}
        labels = np.array([places.get(str(value), len(names)) for value in values.tolist()], np.int64)
    else:
        labels = values.astype(np.int64)
    wrong = (labels < 0) | (labels >= len(names))
    if wrong.any():
        row = int(wrong.argmax())
        why = "-1 stands for an image without a label: leave this part out" if labels[row] == -1 else "no such class"
        raise DataCorrupt(f"{place}, row {row}: label {values[row]}, of {len(names)} classes: {why}")
    return labels


def by_value(parts: Sequence[NDArray[Any]]) -> tuple[tuple[str, ...], list[Labels]]:
    """The different values of all parts, in order, as names of the classes, and the labels of each part.

    Args:
        parts: (N,) each.
    """
    values = sorted(set().union(*(set(part.tolist()) for part in parts)))
    places = {value: place for place, value in enumerate(values)}
    return tuple(map(str, values)), [np.array([places[value] for value in part.tolist()], np.int64) for part in parts]
