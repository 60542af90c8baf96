"""Cells of a table: texts, values to sort by, and reasons for missing ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from benchmarks.reporting.formatting import DASH, is_missing, percent, span


class Mark(NamedTuple):
    """A sign after a value, and why it is there, in a few words."""

    sign: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One value.

    Attributes:
        text: the value as it is written.
        sub: smaller, below: an interval, a family, a reason.
        sort: what the column is sorted by; None for a missing value, which stays last.
        tip: its tooltip.
        network: slug of the network whose colour and marker are shown before the text; empty for none.
        best: the best value of its column.
        marks: what a reader has to know before relying on it, see `benchmarks.reporting.tables.marks`.
    """

    text: str
    sub: str = ""
    sort: float | str | None = None
    tip: str = ""
    network: str = ""
    best: bool = False
    marks: tuple[Mark, ...] = ()

    @property
    def missing(self) -> bool:
        """Whether there is no value."""
        return self.text == DASH


def text(value: str, sub: str = "", *, network: str = "", tip: str = "") -> Cell:
    """A cell of words, sorted alphabetically."""
    return Cell(text=value, sub=sub, sort=value.lower(), network=network, tip=tip)


def missing(reason: str) -> Cell:
    """A dash, with the reason below it."""
    failed = reason.startswith("failed")
    return Cell(text=DASH, sub="failed" if failed else reason, tip=reason if failed else "")


def number(
    values: Mapping[str, float],
    name: str,
    write: Callable[[float], str],
    *,
    reason: str,
    interval: bool = False,
) -> Cell:
    """A measurement from a row of results, or a dash with the reason.

    Args:
        values: the row.
        name: of the column.
        write: formats it.
        reason: why it is missing, if it is.
        interval: write its interval (`<name>_low`, `<name>_high`) below it, or of several seeds the deviation
        over them.
    """
    value = values.get(name)
    if value is None or is_missing(value):
        return missing(reason)
    sub, tip = _ends(values, name, write) if interval else ("", "")
    return Cell(text=write(value), sub=sub, sort=float(value), tip=tip)


def accuracy(values: Mapping[str, float], *, reason: str) -> Cell:
    """An accuracy with its 95 % interval, of several seeds too; their standard deviation is its tooltip."""
    deviation = values.get("accuracy_std")
    plain = {name: value for name, value in values.items() if name != "accuracy_std"}
    cell = number(plain, "accuracy", percent, reason=reason, interval=True)
    if cell.missing or deviation is None or is_missing(deviation):
        return cell
    return replace(cell, tip=f"standard deviation over seeds: {percent(deviation, 2)} points")


def marked(cell: Cell, *marks: Mark) -> Cell:
    """A value with these signs too; a missing value gets none."""
    return cell if cell.missing else replace(cell, marks=(*cell.marks, *marks))


def at_most(cell: Cell, why: str) -> Cell:
    """A value that is an upper bound for a reason; the same cell where there is none."""
    if not why or cell.missing:
        return cell
    return replace(cell, text=f"≤ {cell.text}", tip="; ".join(filter(None, (f"upper bound: {why}", cell.tip))))


def _ends(values: Mapping[str, float], name: str, write: Callable[[float], str]) -> tuple[str, str]:
    """The text below a value, and its tooltip."""
    low, high, deviation = (values.get(f"{name}_{end}") for end in ("low", "high", "std"))
    ends = "" if low is None or high is None or is_missing(low) else span(write(low), write(high))
    if deviation is None or is_missing(deviation):
        return ends, ""
    return f"± {write(deviation if deviation > 1e-9 * abs(values[name]) else 0.0)}", f"seeds from {ends}"
