"""What has changed in a mirrored study goes to its URL, in an order that leaves whole records wherever it stops."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.records.files import write_json
from benchmarks.records.record import HISTORY, MANIFEST, WEIGHTS, Record
from zoo.remote.mirror import Mirror

ENTRIES = ("files", "tables", "format")


def publish_record(mirror: Mirror, folder: str) -> None:
    """Let a record there be the one here.

    New files come first, then the manifest that lists them. Before a file is replaced, the manifest there lists the
    new digest beside the old one, as `Record.write_table` does it here. Another training replaces a record as a whole:
    without its manifest it does not count until all of it is there. What the manifest lists and is not here stays.

    Args:
        mirror: of the study.
        folder: of the record, relative to the study.
    """
    new = Record(mirror.path(folder)).manifest
    old = _manifest(mirror, folder)
    todo = [
        name
        for name, digest in new["files"].items()
        if old["files"].get(name) != digest and _is_here(mirror, folder, name)
    ]
    if old["files"] and {HISTORY, WEIGHTS} & set(todo):
        mirror.drop(f"{folder}/{MANIFEST}")
        old = {"files": {}, "tables": {}}
    replaced = [name for name in todo if name in old["files"]]
    if replaced:
        _announce(mirror, folder, old, new, replaced)
    for name in todo:
        mirror.send(f"{folder}/{name}")
    mirror.send(f"{folder}/{MANIFEST}")
    for name in old["files"].keys() - new["files"].keys() - new.get("pending", {}).keys():
        mirror.drop(f"{folder}/{name}")


def remove_folder(mirror: Mirror, folder: str) -> None:
    """Remove a record or a checkpoint there; the manifest first, without which a record does not count."""
    names = mirror.files.listing(folder)
    for name in sorted(names, key=lambda name: (not name.endswith(f"/{MANIFEST}"), name)):
        mirror.drop(name)


def _manifest(mirror: Mirror, folder: str) -> dict[str, Any]:
    """The manifest there; one of no files where there is none that can be read."""
    content = mirror.files.read(f"{folder}/{MANIFEST}")
    try:
        found: dict[str, Any] = json.loads(content or b"{}")
    except ValueError:
        found = {}
    return found if all(name in found for name in ENTRIES) else {"files": {}, "tables": {}}


def _is_here(mirror: Mirror, folder: str, name: str) -> bool:
    return mirror.path(f"{folder}/{name}").is_file()


def _announce(mirror: Mirror, folder: str, old: Mapping[str, Any], new: Mapping[str, Any], replaced: list[str]) -> None:
    """Write there that these files are about to be replaced: until the next manifest, both versions are right."""
    made_by = {name: new["tables"].get(Path(name).stem, {}) for name in replaced}
    pending = {name: {"sha256": new["files"][name], **made_by[name]} for name in replaced}
    values = {key: value for key, value in old.items() if key != "sha256"} | {"pending": pending}
    with tempfile.TemporaryDirectory(prefix="routebench-") as scratch:
        write_json(Path(scratch) / MANIFEST, values)
        mirror.files.send(Path(scratch) / MANIFEST, f"{folder}/{MANIFEST}")
