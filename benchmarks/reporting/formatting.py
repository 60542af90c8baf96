"""How the report writes numbers: one place, so that the same quantity looks the same everywhere."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

DASH = "–"
"""Written where a measurement is missing."""


def is_missing(value: float | None) -> bool:
    """Whether there is no number: None or NaN."""
    return value is None or math.isnan(value)


def significant(value: float, digits: int = 3) -> str:
    """A number rounded to significant digits, never in exponent notation: 0.0445, 2.28, 41.9, 1,250."""
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"


def percent(share: float, digits: int = 1) -> str:
    """A share in [0, 1] as a percentage without its sign: 0.976 is `97.6`."""
    return f"{100 * share:.{digits}f}"


def points(share: float, digits: int = 1) -> str:
    """A difference of shares in points of percent, with its sign: 0.0123 is `+1.2`."""
    text = f"{100 * share:+.{digits}f}"
    return text.replace("-", "−") if float(text) else text[1:]


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, such as a correlation: -0.5 is `−0.50`; what is rounded to 0 has none."""
    text = f"{value:+.{digits}f}"
    return text.replace("-", "−") if float(text) else text[1:]


def milliseconds(seconds: float) -> str:
    """Seconds as milliseconds without the unit, three significant digits."""
    return significant(1000 * seconds)


def span(low: str, high: str) -> str:
    """Two formatted ends of an interval."""
    return f"{low}–{high}"


def interval_words(seeds: Iterable[float]) -> str:
    """What bars, bands and ends of accuracies are, where networks have so many seeds each."""
    several = {number > 1 for number in seeds}
    if True not in several:
        return "95 % intervals (Wilson)"
    return "95 % intervals over seeds and images" + (", of one seed Wilson's" if False in several else "")


def duration(seconds: float) -> str:
    """Seconds in a readable unit: `22 s`, `3.4 min`, `2.1 h`."""
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{significant(seconds / size, 2)} {unit}"
    return f"{significant(seconds, 2)} s"


def count(value: float) -> str:
    """A number of things, with groups of three digits: 178,278."""
    return f"{value:,.0f}"


def listing(names: Sequence[str]) -> str:
    """Names in a sentence: `a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


@dataclass(frozen=True)
class Unit:
    """A power of ten that costs are written in.

    Attributes:
        name: `k`, `M` or `G`.
        size: how many multiply-accumulates one of it is.
    """

    name: str
    size: float

    def format(self, macs: float) -> str:
        """Multiply-accumulates in this unit, three significant digits."""
        return significant(macs / self.size)


def short_macs(macs: float) -> str:
    """One cost in the unit that suits it alone: `640`, `226 k`, `1.83 M`."""
    unit = unit_for([macs])
    return count(macs) if macs < 1e3 else f"{unit.format(macs)} {unit.name}"


def unit_for(macs: Iterable[float]) -> Unit:
    """The unit in which the largest of some costs has a digit before the point."""
    largest = max((value for value in macs if not is_missing(value)), default=1e6)
    for name, size in (("G", 1e9), ("M", 1e6)):
        if largest >= size:
            return Unit(name, size)
    return Unit("k", 1e3)


def epsilons(values: Iterable[float]) -> dict[float, str]:
    """L-infinity radii as they are usually written: `k/255` where all are small multiples of it, else decimals."""
    several = sorted(set(values))
    steps = [255 * value for value in several]
    if steps and max(steps) <= 32 and all(abs(step - round(step)) < 0.01 for step in steps):
        return {value: f"{round(255 * value)}/255" if value else "0" for value in several}
    return {value: f"{value:.4g}" for value in several}
