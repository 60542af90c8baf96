"""Sections of the page, and how figures and tables find their place in one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

SECTIONS = {
    "overview": "What this says",
    "worth": "Worth its multiply-accumulates?",
    "time": "Really faster?",
    "attack": "Under attack",
    "routes": "Routes",
    "trust": "Can these numbers be trusted?",
    "training": "Training",
    "calibration": "Calibration",
    "networks": "Networks",
}
"""Sections of the page: id and title, in order. `templates/<id>.html.j2` lays out each of them."""
PUBLISHED = "published"
"""Section of the page beside it, which compares with what papers print."""
LAST = 1000
"""The place in a section of a figure or table that declares no order: after those that do."""


class NoData(Exception):
    """There is nothing to show.

    Args:
        reason: a sentence for readers.
        title: written before the reason of a table; a figure has its own title.
    """

    def __init__(self, reason: str, *, title: str = "") -> None:
        super().__init__(reason)
        self.title = title


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A figure or a table as it was declared.

    Attributes:
        name: unique in its kind; letters, digits and dashes.
        section: id of the section that shows it.
        order: figures and tables of a section are shown in ascending order, and by name where it is equal.
    """

    name: str
    section: str
    order: int

    def __post_init__(self) -> None:
        """Refuse a section that the page does not have.

        Raises:
            ValueError: there is no such section; the message lists them.
        """
        if self.section not in (*SECTIONS, PUBLISHED):
            valid = ", ".join((*SECTIONS, PUBLISHED))
            raise ValueError(f"{self.name!r}: no section {self.section!r} (valid: {valid})")


Thing = TypeVar("Thing", bound=Placed)


def in_section(section: str, declared: Iterable[Thing]) -> list[Thing]:
    """What was declared for a section, in its order."""
    found = [thing for thing in declared if thing.section == section]
    return sorted(found, key=lambda thing: (thing.order, thing.name))
