"""Where the results of a study are; imports nothing slow."""

from __future__ import annotations

from pathlib import Path

from benchmarks.records.files import StoreError
from benchmarks.remote.urls import is_url

RESULTS = Path("results")
"""Where a study is looked for that is given by its name."""


def find_study(place: str, *, weights: bool = False) -> Path:
    """The directory of a study: a path, a name below `results/`, or the mirror of a URL, brought up to date.

    Args:
        place: where the study is.
        weights: whether the weights of its networks are needed, and fetched from a URL.

    Raises:
        StoreError: there is none; the message names the studies that there are.
        OSError: the store at a URL cannot be used.
    """
    if is_url(place):
        from benchmarks.remote.pulling import pulled

        return pulled(place, weights=weights)
    if Path(place).is_dir():
        return Path(place)
    if (RESULTS / place).is_dir():
        return RESULTS / place
    found = sorted({path.parent.as_posix() for depth in ("*", "*/*") for path in RESULTS.glob(f"{depth}/study.yaml")})
    valid = f"; valid: {', '.join(found)}, or the path of a study's results" if found else ""
    raise StoreError(f"{place} is missing: no study has been run there{valid}")
