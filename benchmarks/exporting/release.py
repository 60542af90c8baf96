"""The release file of a study: every network's weights, checked, with what is needed to use them without the study."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

from benchmarks.records.files import StoreError, replacing, sha256
from benchmarks.records.record import Record
from benchmarks.records.store import Store
from benchmarks.reporting.evidence.records import shown
from zoo.loading.release import FORMAT
from zoo.weights import digest

FACTS = ("spec", "task", "settings", "class_names", "units", "weights")
"""What of a record's configuration a release file has."""


def write_release(root: Path, out: Path) -> list[str]:
    """Write all networks that a study shows into one file; what the terminal says of it, in lines.

    Args:
        root: directory of the study.
        out: the file, which is replaced if it is there.

    Raises:
        StoreError: the study is missing or damaged, or a network was stored without its weights.
        OSError: the file cannot be written.
    """
    store = Store(root)
    found = {label: record for label, (_, record) in shown(store, store.read_study()).items()}
    if not found:
        raise StoreError(f"{root} has no trained network")
    tensors: dict[str, Tensor] = {}
    networks: dict[str, dict[str, Any]] = {}
    for label, record in found.items():
        weights = record.weights()
        if digest(weights) != record.config["weights"]:
            raise StoreError(f"{record.path}: its weights are not those that its config.yaml names")
        tensors |= {f"{record.path.name}/{name}": value for name, value in weights.items()}
        networks[label] = _facts(record)
    header = {"format": FORMAT, "study": root.resolve().name, "networks": json.dumps(networks)}
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) as temporary:
        save_file(tensors, temporary, header)
    megabytes = out.stat().st_size / 1e6
    return [f"{len(networks)} networks, {megabytes:.1f} MB", f"SHA-256 {sha256(out.read_bytes())}", f"Released: {out}"]


def _facts(record: Record) -> dict[str, Any]:
    known = {name: record.config[name] for name in FACTS if name in record.config}
    return {"record": record.path.name, **known}
