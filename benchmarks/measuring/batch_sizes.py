"""The option of evaluators that measure at several batch sizes."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator


def _checked(sizes: tuple[int, ...]) -> tuple[int, ...]:
    if not sizes or min(sizes) < 1:
        raise ValueError("batch_sizes must be numbers of at least 1")
    if len(set(sizes)) < len(sizes):
        raise ValueError(f"batch_sizes must differ, unlike those of {list(sizes)}")
    return sizes


BatchSizes = Annotated[tuple[int, ...], AfterValidator(_checked)]
"""Images per batch: at least one number, each of them 1 or more, without repetition."""
