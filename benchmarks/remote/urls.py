"""Whether a place is a URL; imports nothing slow."""

from __future__ import annotations


def is_url(place: str) -> bool:
    """Whether a place is a URL, as `zoo.remote.files.is_url` has it, which cannot be imported without torch."""
    return "://" in place
