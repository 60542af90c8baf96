"""What is costly to make of files, kept in the user's cache folder: decoded pixels, encoded images, means.

A file there is named by a hash of everything that it was made of, the bytes of its sources included, so a changed
source is another file; it is written under a temporary name first, so a killed process leaves no half of one.
Everything in the folder may be removed at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import PIL
from platformdirs import user_cache_path

ABANDONED = 86_400.0
"""Seconds after which a temporary file is that of a process that was killed."""


class NotKept(UserWarning):
    """The cache folder cannot be used: the work is done again each time."""


def key_of(*parts: object) -> str:
    """Name of what is made of these things by this version of Pillow; 32 hexadecimal digits."""
    return hashlib.sha256(json.dumps([PIL.__version__, *parts]).encode()).hexdigest()[:32]


def place_of(key: str, suffix: str) -> Path:
    """Where a file of that key is kept; it need not be there."""
    return user_cache_path("routebench") / "images" / f"{key}{suffix}"


def keep(place: Path, write: Callable[[Path], None]) -> bool:
    """Write a file so that it is there as a whole or not at all; whether that could be done.

    Args:
        place: of the file.
        write: writes it at the path that it is given.
    """
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(place.parent)
        temporary = place.with_name(f"{place.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
        try:
            write(temporary)
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        warnings.warn(f"{place.parent} cannot be used to keep decoded images: {error}", NotKept, stacklevel=2)
        return False
    return True


def kept_numbers(key: str, make: Callable[[], Sequence[Sequence[float]]]) -> list[list[float]]:
    """A short table, computed once."""
    place = place_of(key, ".json")
    stored = _read_numbers(place)
    if stored is None:
        stored = [list(row) for row in make()]
        content = json.dumps(stored)
        keep(place, lambda path: _write_text(path, content))
    return stored


def _read_numbers(place: Path) -> list[list[float]] | None:
    """None where there is none, or a damaged one."""
    try:
        stored: list[list[float]] = json.loads(place.read_text())
    except (OSError, ValueError):
        return None
    return stored


def _write_text(path: Path, text: str) -> None:
    path.write_text(text)


def _remove_abandoned(folder: Path) -> None:
    for file in folder.glob("*.tmp"):
        try:
            if time.time() - file.stat().st_mtime > ABANDONED:
                file.unlink()
        except FileNotFoundError:
            continue  # another process was faster
