"""Records of networks from a mirrored study: the files that a manifest lists, with the digests that it gives them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from zoo.remote.mirror import Mirror

MODELS, MANIFEST, WEIGHTS = "models", "manifest.json", "weights.safetensors"
TRIES = 5
"""How often a record is read again that is replaced while it is read."""


def record_names(listing: Mapping[str, str]) -> list[str]:
    """Names of the records that count: those whose manifest is there."""
    parts = [name.split("/") for name in listing if name.startswith(f"{MODELS}/") and name.endswith(f"/{MANIFEST}")]
    return sorted(name for _, name, *rest in parts if len(rest) == 1 and not name.startswith("."))


def pull_record(
    mirror: Mirror,
    record: str,
    listing: Mapping[str, str] | None = None,
    *,
    weights: bool,
    names: frozenset[str] = frozenset(),
) -> None:
    """Let a record here be the one there.

    A file counts with a digest that the manifest lists, or says is about to be. If another process replaces the record
    meanwhile, it is read again. A file that is damaged there is fetched as it is, for whoever reads it to say so.

    Args:
        mirror: of the study.
        record: its name.
        listing: of the study or of the record; None: it is asked for.
        weights: whether the weights are fetched; without, they stay here only if they are the record's.
        names: files to fetch; all if there are none.
    """
    folder = f"{MODELS}/{record}"
    for attempt in range(TRIES):
        older = listing is not None and not attempt
        entries = listing if listing is not None and older else mirror.files.listing(folder)
        tag = entries.get(f"{folder}/{MANIFEST}")
        content = None if tag is None else _manifest(mirror, folder, tag)
        if tag is None or content is None:
            remove_record(mirror, record)
            return
        all_of_it = listed(content)
        there = {name: digests for name, digests in all_of_it.items() if f"{folder}/{name}" in entries}
        if older and len(there) < len(all_of_it) and not mirror.has(f"{folder}/{MANIFEST}", tag=tag):
            continue  # the manifest may be younger than the listing
        wanted = {n: digests for n, digests in there.items() if (weights or n != WEIGHTS) and (not names or n in names)}
        if _fetch(mirror, folder, wanted, entries, last=attempt == TRIES - 1):
            kept = {n for n, digests in there.items() if n in wanted or mirror.has(f"{folder}/{n}", digests=digests)}
            _remove_others(mirror, folder, kept | {MANIFEST})
            mirror.keep(f"{folder}/{MANIFEST}", content, tag)
            return


def listed(content: bytes) -> dict[str, set[str]]:
    """Digests that each file of a record may have, by its manifest; nothing if that is damaged."""
    try:
        manifest: dict[str, Any] = json.loads(content)
        pairs = [*manifest["files"].items(), *((n, e["sha256"]) for n, e in manifest.get("pending", {}).items())]
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    found: dict[str, set[str]] = {}
    for name, digest in pairs:
        if _is_file_name(name):
            found.setdefault(name, set()).add(str(digest))
    return found


def remove_record(mirror: Mirror, record: str) -> None:
    """Remove a record here, not there; what was put aside stays."""
    folder = f"{MODELS}/{record}"
    mirror.forget(f"{folder}/{MANIFEST}")
    _remove_others(mirror, folder, set())
    place = mirror.path(folder)
    if place.is_dir() and not any(place.iterdir()):
        place.rmdir()


def remove_if_gone(mirror: Mirror, record: str) -> None:
    """Remove a record here that a listing lacks; the store is asked again, as the record may be the younger one."""
    if mirror.files.tag(f"{MODELS}/{record}/{MANIFEST}") is None:
        remove_record(mirror, record)


def _manifest(mirror: Mirror, folder: str, tag: str) -> bytes | None:
    name = f"{folder}/{MANIFEST}"
    return mirror.path(name).read_bytes() if mirror.has(name, tag=tag) else mirror.files.read(name)


def _fetch(
    mirror: Mirror, folder: str, wanted: Mapping[str, set[str]], entries: Mapping[str, str], *, last: bool
) -> bool:
    """Fetch what is not here; whether all of it is the manifest's. The last time, what is there is taken as it is."""
    for name, digests in wanted.items():
        place = f"{folder}/{name}"
        if mirror.has(place, digests=digests) or mirror.fetch(place, entries[place], digests):
            continue
        if not last:
            return False
        if not mirror.fetch(place, entries[place]):
            mirror.forget(place)
    return True


def _remove_others(mirror: Mirror, folder: str, kept: set[str]) -> None:
    place = mirror.path(folder)
    for path in sorted(place.iterdir()) if place.is_dir() else ():
        if path.is_file() and _is_file_name(path.name) and path.name not in kept:
            mirror.forget(f"{folder}/{path.name}")


def _is_file_name(name: object) -> bool:
    """Whether a name is that of a file in a record: in no other folder, neither hidden nor put aside."""
    return isinstance(name, str) and name[:1] not in ("", ".") and "/" not in name and ".damaged-" not in name
