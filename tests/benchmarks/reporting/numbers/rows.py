"""What the numbers behind figures are compared as."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Row(NamedTuple):
    """A point, an interval, a cell or a bar: to what it belongs, and its numbers by column."""

    panel: str
    network: str
    what: str
    numbers: dict[str, float]


Rows = Iterator[Row]
