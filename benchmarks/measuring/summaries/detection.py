"""Average precision of detectors on a network's trunk, and what the trunk costs per image."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.measuring.summaries.registry import summary_columns

MEASURED = ["part", "index", "scenes", "objects", "found", "ap", "ap50", "macs", "nominal"]


@summary_columns("detection")
def detection_columns(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Columns of the headline setting: detection_ap, detection_ap50, detection_macs; NaN where nothing was measured."""
    whole = table[table["part"] == "all"]
    values = {f"detection_{name}": whole[name].astype(float).max() for name in ("ap", "ap50", "macs")}
    return pd.DataFrame(
        {name: np.where(rows["headline"], value, np.nan) for name, value in values.items()}, index=rows.index
    )


def detection_rates(table: pd.DataFrame) -> pd.DataFrame:
    """What a page shows of one network's detector: everything but single scenes; nothing where nothing was measured.

    Columns: part (`all` first, then `class` and `draw`), index, scenes (how many it was tested on), objects, found, ap,
    ap50, macs (of the trunk, mean per scene), nominal.
    """
    parts = table[table["part"].isin(["all", "class", "draw"])]
    ordered = parts.sort_values("part", kind="stable").assign(scenes=int((table["part"] == "scene").sum()))
    types = {"part": "str", "index": "int64", **dict.fromkeys(MEASURED[2:], "float64")}  # of an empty table too
    return ordered[MEASURED].astype(types).reset_index(drop=True)
