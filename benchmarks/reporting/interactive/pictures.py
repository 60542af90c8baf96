"""Pictures of attacked images for the page's explorer, of as many images as the page has room for."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measuring.picture_names import pictures_of
from benchmarks.reporting.evidence.evidence import NetworkEvidence
from benchmarks.reporting.formatting import epsilons

MOST_BYTES = 800_000
"""Of all pictures, as base64."""
KINDS = {"attacked": pictures_of("robustness"), "slowed": pictures_of("slowdown")}
"""What the explorer calls pictures, and the tables that have them."""


class Pictures:
    """Those of some networks' first seeds: of the first images, the same ones of every network.

    Args:
        networks: that are shown.
        count: images that are shown.

    Attributes:
        count: images of which there are pictures.
    """

    def __init__(self, networks: Sequence[NetworkEvidence], count: int) -> None:
        self._tables = {
            (network.slug, kind): table[table["index"] < count].sort_values("index", ignore_index=True)
            for network in networks
            for kind, name in KINDS.items()
            if (table := network.first.measurements.get(name)) is not None and len(table)
        }
        self.count = _affordable(list(self._tables.values()))

    def of(self, network: NetworkEvidence, kind: str) -> dict[str, Any] | None:
        """Radius (`epsilon`), and per image `exact`, `answers`, `confidences` (percent), `macs`, `by`, `png` (base64).

        `answers` are to the pictures, `exact` those before they were rounded to 8 bits. A picture is empty where the
        attack left the image as it was. None where this network was not attacked, or there is no room for any picture.

        Args:
            network: one of those.
            kind: of `KINDS`.
        """
        table = self._tables.get((network.slug, kind))
        if table is None or not self.count:
            return None
        shown = table.head(self.count)
        (epsilon,) = set(shown["epsilon"])
        return {
            "epsilon": epsilons([epsilon])[epsilon],
            "exact": shown["exact"].tolist(),
            "answers": shown["prediction"].tolist(),
            "confidences": (100 * shown["confidence"]).round().astype(int).tolist(),
            "macs": [round(float(macs)) for macs in shown["macs"]],
            "by": shown["attack"].tolist(),
            "png": [base64.b64encode(png).decode() for png in shown["png"]],
        }


def _affordable(tables: Sequence[pd.DataFrame]) -> int:
    """How many first images have a picture in every table, and fit the page together."""
    if not tables:
        return 0
    known = min(len(table) for table in tables)
    sizes = sum(np.ceil(table["png"].map(len).to_numpy()[:known] / 3) * 4 for table in tables)
    return int((np.cumsum(sizes) <= MOST_BYTES).sum())
