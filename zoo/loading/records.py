"""Networks of a study's directory: read-only, with the digests of its files checked, and without their data set."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor

from zoo.loading.stored import LoadError, Stored, label_of

FORMAT = 2
"""Of records, as `benchmarks.records.record.FORMAT`."""
INDEX = "networks.json"
"""Which record is whose, by label: written by every run, since a directory may hold records of older specifications."""
RESULTS = "results"
"""Folder in which studies are looked for by name."""


def study_folder(study: str | Path) -> Path:
    """The directory of a study: a path, or a name below `results`.

    Raises:
        LoadError: there is none.
    """
    tried = [Path(study), Path(RESULTS, study)]
    for folder in tried:
        if (folder / "models").is_dir():
            return folder
    raise LoadError(f"no results of a study at {' or '.join(map(str, tried))}: run it with python -m benchmarks.run")


def networks_of(folder: Path) -> dict[str, Stored]:
    """The networks that a study's directory shows, by label, and by the names of their records.

    Raises:
        LoadError: a record is damaged, or of another version.
    """
    index = _index(folder)
    if index and all((folder / "models" / record / "manifest.json").exists() for record in index.values()):
        return {label: _stored(folder / "models" / record, label) for label, record in index.items()}
    found: dict[str, list[Stored]] = defaultdict(list)
    for manifest in sorted(folder.glob("models/*/manifest.json")):
        record = manifest.parent
        if not record.name.startswith(".") and ".damaged-" not in record.name:
            stored = _stored(record, "")
            found[label_of(stored.facts["spec"])].append(stored)
    several = {label: own for label, own in found.items() if len(own) > 1}
    if several:
        label, own = next(iter(several.items()))
        raise LoadError(
            f"{folder} has {len(own)} records of {label}, and no {INDEX} that says which it shows: run the study again"
        )
    return {label: _named(one, label) for label, (one,) in found.items()}


def _named(stored: Stored, label: str) -> Stored:
    return Stored(label=label, place=stored.place, facts=stored.facts, weights=stored.weights)


def _index(folder: Path) -> Mapping[str, str]:
    path = folder / INDEX
    if not path.exists():
        return {}
    try:
        found: Mapping[str, str] = json.loads(path.read_text(encoding="utf-8"))["networks"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LoadError(f"{path} is damaged: run the study again") from error
    return found


def _stored(record: Path, label: str) -> Stored:
    import yaml

    files = _files(record)
    try:
        facts = yaml.load(_checked(record / "config.yaml", files), yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise LoadError(f"{record / 'config.yaml'} is damaged: run the study again") from error
    return Stored(label=label, place=str(record), facts=facts, weights=partial(_weights, record, files))


def _files(record: Path) -> Mapping[str, str]:
    """SHA-256 of the record's files by name."""
    path = record / "manifest.json"
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version, files = manifest["format"], manifest["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LoadError(f"{path} is damaged: run the study again") from error
    if version != FORMAT:
        raise LoadError(f"{record} was written by another version of RouteBench: run the study again")
    pending = manifest.get("pending", {})  # of a writer that was interrupted: either file is right
    return {**files, **{f"pending {name}": entry["sha256"] for name, entry in pending.items()}}


def _checked(path: Path, files: Mapping[str, str]) -> bytes:
    """A file's bytes, if its digest is that of the manifest."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LoadError(f"{path} is missing: run the study again") from error
    if hashlib.sha256(content).hexdigest() not in (files.get(path.name), files.get(f"pending {path.name}")):
        raise LoadError(f"{path} is damaged, its SHA-256 is not the one in manifest.json: run the study again")
    return content


def _weights(record: Path, files: Mapping[str, str]) -> Mapping[str, Tensor]:
    from safetensors.torch import load

    path = record / "weights.safetensors"
    if not path.exists():
        raise LoadError(f"{path} is missing: this record was stored without its weights; run the study again")
    found: Mapping[str, Tensor] = load(_checked(path, files))
    return found
