"""What routes say: which units run for which class, where images leave, how many routes there are."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import pdist

NO_EXIT = "end of network"
"""Where an image leaves that used none of the exits that are units."""


def matrix(routes: pd.Series) -> NDArray[np.bool_]:
    """Routes written as `1` and `0` (N strings of U) to a table (N, U) bool.

    Raises:
        ValueError: the routes do not have the same length.
    """
    digits = np.frombuffer("".join(routes).encode("ascii"), dtype=np.uint8)
    table: NDArray[np.bool_] = digits.reshape(len(routes), -1) == ord("1")
    return table


def varies(table: pd.DataFrame) -> bool:
    """Whether an accuracy table of one setting has more than one route."""
    return bool(table["route"].nunique() > 1)


def execution_by_class(table: pd.DataFrame, units: Sequence[str]) -> pd.DataFrame:
    """Share of each class's images that used each unit: (U units x K labels), from one setting."""
    used = pd.DataFrame(matrix(table["route"]), columns=list(units), index=table.index)
    return used.groupby(table["label"]).mean().T


def alike_together(rates: pd.DataFrame) -> pd.DataFrame:
    """The columns of a table (U units x K labels) in an order in which neighbours are alike.

    It is that of a tree by average linkage of the distances between columns, with the leaves ordered optimally.
    """
    if rates.shape[1] < 3:
        return rates
    distances = pdist(rates.T.to_numpy())
    tree = optimal_leaf_ordering(linkage(distances, method="average"), distances)
    return rates.iloc[:, leaves_list(tree)]


def exit_units(units: Sequence[str]) -> dict[str, int]:
    """Columns of the exits among units named `exit1`, `exit2`, ..., in their order."""
    return {unit: column for column, unit in enumerate(units) if re.fullmatch(r"exit\d+", unit)}


def exit_shares(table: pd.DataFrame, units: Sequence[str]) -> pd.DataFrame:
    """Share of images that left at each exit (settings x exits): the last exit that their route used.

    Args:
        table: accuracy table with one or several settings.
        units: of the network; at least one is an exit.

    Raises:
        ValueError: no unit is an exit.
    """
    exits = exit_units(units)
    if not exits:
        raise ValueError("no unit is an exit")
    used = matrix(table["route"])[:, list(exits.values())]
    names = np.array([*exits, NO_EXIT])
    last = used.shape[1] - 1 - used[:, ::-1].argmax(axis=1)
    left = pd.Series(names[np.where(used.any(axis=1), last, len(exits))], index=table.index)
    shares = pd.crosstab(table["setting"], left, normalize="index")
    order = [name for name in names if name in exits or name in shares.columns]
    return shares.reindex(index=list(dict.fromkeys(table["setting"])), columns=order, fill_value=0.0)


def common_routes(table: pd.DataFrame, most: int = 5) -> pd.DataFrame:
    """The most common routes of one setting. Columns: route, images, share, accuracy, macs (mean routed)."""
    right = table["label"] == table["prediction"]
    grouped = table.assign(right=right).groupby("route")
    found = pd.DataFrame(
        {"images": grouped.size(), "accuracy": grouped["right"].mean(), "macs": grouped["macs"].mean()}
    )
    found["share"] = found["images"] / len(table)
    ordered = found.reset_index().sort_values(["images", "route"], ascending=[False, True])
    return ordered.head(most).reset_index(drop=True)


def route_squares(route: str, units: Sequence[str]) -> str:
    """A route as filled and empty squares, with a gap where a unit's name changes before its dot."""
    text = ""
    previous = units[0].partition(".")[0] if units else ""
    for digit, unit in zip(route, units, strict=True):
        group = unit.partition(".")[0] if "." in unit else previous
        text += ("" if group == previous else " ") + ("■" if digit == "1" else "□")
        previous = group
    return text
