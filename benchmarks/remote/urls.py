"""Whether a place is a URL, and how one is shown, as `zoo.remote.files` has it; imports nothing slow."""

from __future__ import annotations

import re

PASSWORD = re.compile(r"(:/+[^/\s@:]*):[^/\s]*@")


def is_url(place: str) -> bool:
    """Whether a place is a URL, and not a path."""
    return "://" in place


def shown(url: str) -> str:
    """A URL for people, or a path that was made of one: without a password."""
    return PASSWORD.sub(r"\1:***@", url)
