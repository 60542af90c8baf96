"""Digests of files that are large or many, hashed once and remembered by path, size and times.

The memory is a small SQLite file in the user's folder for caches. A file that was changed so lately that its times
might not tell is hashed each time, and so is everything where the memory cannot be used.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from platformdirs import user_cache_path

FRESH = 2.0
"""Seconds within which two changes of a file may have the same time on some file systems."""
READERS = 8
"""Threads that hash files; hashing frees Python's lock."""
WAIT = 30.0
"""Seconds to wait for another process that writes the memory."""


class NoMemory(UserWarning):
    """Digests cannot be remembered here: every file is hashed each time."""


def digests(paths: Iterable[Path], memory: Path | None = None) -> list[str]:
    """SHA-256 of each file's bytes, hexadecimal, in order.

    Args:
        paths: of files.
        memory: file of remembered digests; None for the user's.

    Raises:
        OSError: a file cannot be read.
    """
    wanted = [path.resolve() for path in paths]
    states = [_state(path) for path in wanted]
    place = memory or user_cache_path("routebench") / "digests.sqlite"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(place, timeout=WAIT)) as database, database:
            database.execute("CREATE TABLE IF NOT EXISTS digests (path TEXT PRIMARY KEY, state TEXT, sha256 TEXT)")
            known = _known(database, wanted)
            found = _fill(wanted, states, known)
            new = [
                (str(path), state, digest)
                for path, state, digest in zip(wanted, states, found, strict=True)
                if state and known.get(str(path)) != (state, digest)
            ]
            database.executemany("INSERT OR REPLACE INTO digests VALUES (?, ?, ?)", new)
    except (sqlite3.Error, OSError) as error:
        _check_readable(wanted)
        warnings.warn(f"{place} cannot be used to remember digests: {error}", NoMemory, stacklevel=2)
        return _fill(wanted, states, {})
    return found


def _state(path: Path) -> str:
    """What a change of the file would change; empty where it was changed too lately to tell."""
    stat = path.stat()
    newest = max(stat.st_mtime, stat.st_ctime)
    fresh = time.time() - newest < FRESH
    return "" if fresh else f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_ino}"


def _known(database: sqlite3.Connection, paths: list[Path]) -> dict[str, tuple[str, str]]:
    if len(paths) > 1000:  # one scan beats as many look-ups
        rows = database.execute("SELECT path, state, sha256 FROM digests").fetchall()
    else:
        rows = [
            row
            for path in paths
            for row in database.execute("SELECT path, state, sha256 FROM digests WHERE path = ?", (str(path),))
        ]
    return {path: (state, digest) for path, state, digest in rows}


def _fill(paths: list[Path], states: list[str], known: dict[str, tuple[str, str]]) -> list[str]:
    def one(path: Path, state: str) -> str:
        before, digest = known.get(str(path), ("", ""))
        return digest if state and before == state else _hash(path)

    with ThreadPoolExecutor(READERS) as pool:
        return list(pool.map(one, paths, states))


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_readable(paths: list[Path]) -> None:
    """Tell a file that cannot be read from a memory that cannot be used."""
    for path in paths:
        if not os.access(path, os.R_OK):
            raise PermissionError(f"{path} cannot be read")
