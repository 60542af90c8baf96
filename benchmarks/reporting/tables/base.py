"""The interface of tables: a plug-in is a function from evidence to a table, made known by a decorator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.sections import LAST, NoData, Placed, in_section
from benchmarks.reporting.tables.cells import Cell
from zoo.plugins import Registry, origin_of

__all__ = [
    "TABLES",
    "Cell",
    "Column",
    "Fold",
    "NetworkTable",
    "NoData",
    "StudyTable",
    "Table",
    "network_table",
    "network_tables",
    "study_tables",
    "table",
]


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column's heading.

    Attributes:
        name: of what.
        unit: of the values; empty for none.
        tip: what it means, in a sentence.
        numeric: aligned to the right.
        long: its texts run over several lines.
        minor: a phone leaves it out until it is asked for.
        best: `high` or `low`, whether more or less is better; empty where neither is.
    """

    name: str
    unit: str = ""
    tip: str = ""
    numeric: bool = True
    long: bool = False
    best: Literal["", "high", "low"] = ""
    minor: bool = False


@dataclass(frozen=True, kw_only=True)
class Fold:
    """The line that a table is folded below.

    Attributes:
        heading: a few words, emphasised.
        summary: the rest of the line.
    """

    heading: str
    summary: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table.

    Attributes:
        title: what it shows; the accessible name.
        columns: headings.
        rows: cells, as many as columns in each row.
        note: a sentence below it.
        sortable: whether its headings sort it.
        fold: folds it below a line; None: it is always seen.
        signs: what the signs in its cells mean, see `benchmarks.reporting.tables.marks`.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]] = field(default_factory=tuple)
    note: str = ""
    sortable: bool = True
    fold: Fold | None = None
    signs: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that every row has a cell per column.

        Raises:
            ValueError: a row that has not one cell per column.
        """
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"table {self.title!r}: every row needs {len(self.columns)} cells")


MakeStudy = Callable[[Evidence], Table | None]
MakeNetwork = Callable[[Evidence, NetworkEvidence], Table | None]


@dataclass(frozen=True, kw_only=True)
class StudyTable(Placed):
    """A table about all networks; None where there is nothing to show and nothing to say of that."""

    make: MakeStudy


@dataclass(frozen=True, kw_only=True)
class NetworkTable(Placed):
    """A table about one network; None where it does not apply to that network."""

    make: MakeNetwork


TABLES: Registry[StudyTable | NetworkTable] = Registry("table", "benchmarks.reporting.tables")
"""Every table of the report."""


def table(name: str, *, section: str, order: int = LAST) -> Callable[[MakeStudy], MakeStudy]:
    """Decorator that puts a table about all networks into a section of the report.

    Args:
        name: unique among tables; letters, digits and dashes.
        section: id of the section, see `benchmarks.reporting.sections.SECTIONS`.
        order: its place among the tables of the section.

    Returns:
        The decorator of a function from evidence to the table. Where there is none, the function answers None, and the
        page says nothing; or it raises `NoData`, and the page says why.

    Raises:
        ValueError: the name is taken, or there is no such section.
    """

    def decorate(make: MakeStudy) -> MakeStudy:
        TABLES.add(name, StudyTable(name=name, section=section, order=order, make=make), origin_of(make))
        return make

    return decorate


def network_table(name: str, *, section: str, order: int = LAST) -> Callable[[MakeNetwork], MakeNetwork]:
    """Decorator for a table that every network has its own of; the arguments and errors are those of `table`."""

    def decorate(make: MakeNetwork) -> MakeNetwork:
        TABLES.add(name, NetworkTable(name=name, section=section, order=order, make=make), origin_of(make))
        return make

    return decorate


def study_tables(section: str) -> list[StudyTable]:
    """Tables about all networks in a section, in order."""
    return in_section(section, (found for found in TABLES if isinstance(found, StudyTable)))


def network_tables(section: str) -> list[NetworkTable]:
    """Tables about one network in a section, in order."""
    return in_section(section, (found for found in TABLES if isinstance(found, NetworkTable)))
