"""What a page should say: words with numbers in them, each of which is shown as a rounding of its value."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import yaml

NUMBER = r"[+−-]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?"
STALE, NOISY = "†", "§"
MEANINGS = {
    STALE: "stale: made by other code or options than today’s",
    "‡": "timed on another machine than most networks",
    NOISY: "known to no better than 5 %",
}
"""Of the signs at numbers, as the note of a table has them."""
FACT = rf"[\d{''.join(MEANINGS)}]"
"""What makes a text one that is checked: a digit, or a sign."""


class Estimate(float):
    """A number that is known up to an error, such as one by chance."""

    within: float

    def __new__(cls, value: float, within: float) -> Estimate:
        """A value, and by how much another one may differ from it."""
        made = super().__new__(cls, value)
        made.within = within
        return made


@dataclass(frozen=True)
class Says:
    """A text: `{}` stands for a number, `…` for any words without digit or sign, everything else for itself."""

    words: str
    numbers: tuple[float, ...] = ()

    @property
    def has_facts(self) -> bool:
        """Whether it makes a statement about a number, or has a sign."""
        return bool(self.numbers) or bool(re.search(FACT, self.words))

    def fits(self, shown: str) -> bool:
        """Whether a shown text has these words, and each of its numbers is a rounding of the one that is meant."""
        pattern = re.escape(self.words).replace(r"\{\}", f"({NUMBER})").replace("…", FACT.replace("[", "[^") + "*")
        found = re.fullmatch(pattern, shown)
        return bool(found) and all(map(is_rounding, found.groups() if found else (), self.numbers))


@dataclass(frozen=True)
class Yaml:
    """A text that has values as YAML."""

    values: Any
    has_facts: bool = True

    def fits(self, shown: str) -> bool:
        """Whether a shown text has them."""
        return bool(yaml.safe_load(shown) == self.values)


Sentence = Says | Yaml
ANY = Says("…")
"""Whatever has no digit and no sign."""


def says(words: str, *numbers: float) -> Says:
    """Words with a number for each `{}`."""
    if words.count("{}") != len(numbers):
        raise ValueError(f"{words!r} has not {len(numbers)} places")
    return Says(words, tuple(n if isinstance(n, Estimate) else float(n) for n in numbers))


def joined(*parts: Says | str) -> Says:
    """Texts one after another."""
    several = [Says(part) if isinstance(part, str) else part for part in parts]
    return Says("".join(part.words for part in several), tuple(n for part in several for n in part.numbers))


def listing(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def listed(parts: Sequence[Says]) -> Says:
    """The same of texts with numbers."""
    return Says(listing([part.words for part in parts]), tuple(n for part in parts for n in part.numbers))


def is_rounding(shown: str, value: float) -> bool:
    """Whether a number is written as exactly as its digits say: `98.2` is any value from 98.15 to 98.25."""
    within = value.within if isinstance(value, Estimate) else 0.0
    plain = shown.replace(",", "").replace("−", "-")
    digits, _, exponent = plain.partition("e")
    last = 10.0 ** (int(exponent or 0) - len(digits.partition(".")[2]))
    return abs(float(plain) - value) <= 0.5 * last * (1 + 1e-6) + 1e-9 * abs(value) + within


class Mark(NamedTuple):
    """A sign after a value, and what is said over it."""

    sign: str
    why: Says


@dataclass(frozen=True)
class Cell:
    """What a cell should have.

    Attributes:
        text: as it is written.
        sort: what its column is sorted by, the exact value; None for a missing one.
        small: below it.
        tip: over it.
        best: whether it is bold; None where chance may decide that.
        marks: signs after it.
    """

    text: Says
    sort: float | str | Says | None = None
    small: Says = field(default=Says(""))
    tip: Says = ANY
    best: bool | None = False
    marks: Sequence[Mark] = ()

    def differs(
        self, text: str, sort: str | None, small: str, tip: str, *, best: bool, marks: Sequence[tuple[str, str]] = ()
    ) -> str:
        """In what a shown cell is not this one; empty where it is."""
        shown = {"text": (self.text, text), "small": (self.small, small), "tip": (self.tip, tip)}
        wrong = [f"{name} {own!r} for {meant}" for name, (meant, own) in shown.items() if not meant.fits(own)]
        if not _same(sort, self.sort):
            wrong.append(f"value {sort} for {self.sort}")
        if self.best is not None and best != self.best:
            wrong.append("bold" if best else "not bold")
        if [sign for sign, _ in marks] != [mark.sign for mark in self.marks]:
            wrong.append(f"signs {marks} for {self.marks}")
        over = zip(marks, self.marks, strict=False)
        wrong += [f"over {sign} {own!r} for {mark.why}" for (sign, own), mark in over if not mark.why.fits(own)]
        return "; ".join(wrong)


def _same(shown: str | None, meant: float | str | Says | None) -> bool:
    if shown is None or meant is None or isinstance(meant, str):
        return shown == meant
    if isinstance(meant, Says):
        return meant.fits(shown)
    within = meant.within if isinstance(meant, Estimate) else 1e-12
    return math.isclose(float(shown), meant, rel_tol=1e-9, abs_tol=within)


@dataclass(frozen=True)
class Column:
    """A column: its heading with unit, what is said over that, and its cells."""

    head: Says
    cells: Sequence[Cell]
    tip: Says = ANY


@dataclass(frozen=True)
class Table:
    """A table: its columns, its title, the line that it is folded below, and its note without what signs mean."""

    columns: Sequence[Column]
    title: Says = ANY
    fold: Says = ANY
    note: Says = ANY

    @property
    def around(self) -> list[Says]:
        """The texts around it: the line, and the note with what its signs mean."""
        used = {mark.sign for column in self.columns for cell in column.cells for mark in cell.marks}
        meanings = [f"{sign} {meaning}" for sign, meaning in MEANINGS.items() if sign in used]
        after = " " if self.note.words and self.note != ANY else ""
        return [self.fold, joined(self.note, f"{after}{'; '.join(meanings)}." if meanings else "")]


Ends = tuple[float, float, float]
"""A value and both ends of its interval."""


def word(text: str, small: Says | str = "", tip: Says | str = ANY) -> Cell:
    """A cell of words, sorted alphabetically."""
    below, over = (Says(part) if isinstance(part, str) else part for part in (small, tip))
    return Cell(Says(text), text.lower(), below, over)


def missing(reason: str = "") -> Cell:
    """A dash, and why."""
    return Cell(Says("–"), None, Says(reason))


def number(
    value: float, scale: float = 1.0, small: Says | str = "", tip: Says = ANY, best: bool | None = False
) -> Cell:
    """A value that is shown times a scale."""
    return Cell(says("{}", scale * value), value, Says(small) if isinstance(small, str) else small, tip, best)


def bounded(found: Ends, scale: float = 1.0) -> Cell:
    """A value with its interval below."""
    value, low, high = found
    return number(value, scale, says("{}–{}", scale * low, scale * high))


def percent(share: float) -> Cell:
    """A share as a percentage."""
    return number(share, 100.0)


def duration(seconds: float) -> Says:
    """`22 s`, `3.4 min` or `2.1 h`: the largest unit of which there are two."""
    unit, size = next(((u, s) for u, s in (("h", 3600.0), ("min", 60.0)) if seconds >= 2 * s), ("s", 1.0))
    return says(f"{{}} {unit}", seconds / size)


def with_best(cells: Iterable[Cell], *, high: bool) -> list[Cell]:
    """The same cells, those with the highest or the lowest value bold, of two or more."""
    several = list(cells)
    values = [cell.sort for cell in several if isinstance(cell.sort, float)]
    if len(values) < 2:
        return several
    best = max(values) if high else min(values)
    return [replace(c, best=isinstance(c.sort, float) and math.isclose(c.sort, best, rel_tol=1e-9)) for c in several]
