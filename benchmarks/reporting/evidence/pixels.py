"""On which images a study measured, beside those that papers print errors of."""

from __future__ import annotations

from dataclasses import dataclass

ORIGINAL = "original pixels"
OTHER_DATA = "other data set"


@dataclass(frozen=True, kw_only=True)
class Pixels:
    """On which images a study measured, by the name that published figures have for them.

    Attributes:
        published_as: `cifar10` and so on; empty where no figure is of these images.
        why_not: where it is empty, in a few words.
        words: for readers: the original pixels, or what was done to them.
    """

    published_as: str = ""
    why_not: str = OTHER_DATA
    words: str = "no printed error is of these"
