"""Names of tables of pictures; `benchmarks.measuring.pictures` makes them."""

from __future__ import annotations

PICTURES = "_pictures"
"""What such a name ends with; before that is the evaluator's name."""


def pictures_of(evaluator: str) -> str:
    """The table of pictures of an evaluator that attacks images."""
    return f"{evaluator}{PICTURES}"
