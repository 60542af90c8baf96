"""Tables of text on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

PIPE_WIDTH = 132


@dataclass(frozen=True)
class Grid:
    """A table as text.

    Attributes:
        words: headers of the left columns, which hold words.
        numbers: headers of the right columns, which hold numbers.
        rows: for each row, one text per column.
    """

    words: Sequence[str]
    numbers: Sequence[str]
    rows: Sequence[Sequence[str]]

    def as_json(self) -> dict[str, Any]:
        """Plain values that `read` turns back into a grid."""
        return {"words": list(self.words), "numbers": list(self.numbers), "rows": [list(row) for row in self.rows]}

    @staticmethod
    def read(values: Mapping[str, Any]) -> Grid:
        """The grid from these plain values."""
        return Grid(values["words"], values["numbers"], values["rows"])

    def table(self) -> Table:
        """The grid as a rich table."""
        found = Table(box=None, pad_edge=False)
        for header in self.words:
            found.add_column(escape(header))
        for header in self.numbers:
            found.add_column(escape(header), justify="right")
        for row in self.rows:
            found.add_row(*map(escape, row))
        return found


def make_console() -> Console:
    """The terminal, or for pipes and logs a console so wide that tables do not wrap."""
    console = Console()
    return console if console.is_terminal else Console(width=PIPE_WIDTH)
