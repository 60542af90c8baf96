"""Release files: the trained networks of a whole study in one file of safetensors, with the digests of all.

`python -m benchmarks.release` writes one. Tensors are named `<record>/<parameter>`; the header has, by label, what a
record says of a network, and the digest of its weights, which the committed reference has too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from zoo.loading.stored import LoadError, Stored, choose
from zoo.loading.trained import Trained, prepared
from zoo.serving.engines import Engine
from zoo.weights import digest

FORMAT = "routebench release 1"
"""Of release files, in their headers."""
FOLDER = "ROUTEBENCH_REFERENCE"
"""Environment variable: the folder with release files."""


def file_name(study: str) -> str:
    """The name of a study's release file."""
    return f"routebench-{study}.safetensors"


def load_reference(
    study: str,
    network: str,
    *,
    file: str | Path | None = None,
    setting: str | None = None,
    seed: int = 1,
    engine: Engine | None = None,
    device: str | torch.device = "cpu",
) -> Trained:
    """A network of a committed reference study, whose weights git does not keep, from its release file.

    Args:
        study: name of the reference: `quick`.
        network: see `zoo.load`.
        file: the release file; without one, `routebench-<study>.safetensors` in the folder that the environment
            variable `ROUTEBENCH_REFERENCE` names, or in the working directory.
        setting: see `zoo.load`.
        seed: see `zoo.load`.
        engine: see `zoo.load`.
        device: see `zoo.load`.

    Raises:
        LoadError: the file is missing or damaged; or it has no such network, seed or setting.
    """
    path = Path(file) if file is not None else _found(study)
    if not path.is_file():
        raise LoadError(
            f"{path} is missing; it is made from a run of the study: python -m benchmarks.run --study {study}, then "
            f"python -m benchmarks.release {study} --out {file_name(study)}"
        )
    return prepared(choose(network, seed, _networks(path), str(path)), setting, engine, device)


def _found(study: str) -> Path:
    folders = [Path(os.environ[FOLDER])] if os.environ.get(FOLDER) else []
    places = [folder / file_name(study) for folder in (*folders, Path())]
    return next((place for place in places if place.is_file()), places[0])


def _networks(path: Path) -> dict[str, Stored]:
    """The networks of a release file by label."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as opened:
            header: Mapping[str, str] = opened.metadata() or {}
        if header.get("format") != FORMAT:
            raise LoadError(f"{path} is no release file of this version of RouteBench")
        networks: Mapping[str, Mapping[str, Any]] = json.loads(header["networks"])
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        if isinstance(error, LoadError):
            raise
        raise LoadError(f"{path} is no release file, or damaged: {' '.join(str(error).split())}") from error
    return {
        label: Stored(label=label, place=str(path), facts=facts, weights=partial(_weights, path, facts))
        for label, facts in networks.items()
    }


def _weights(path: Path, facts: Mapping[str, Any]) -> Mapping[str, Tensor]:
    from safetensors import safe_open

    beginning = f"{facts['record']}/"
    with safe_open(path, framework="pt") as opened:
        names = [name for name in opened.keys() if name.startswith(beginning)]  # noqa: SIM118 - it is no mapping
        found = {name.removeprefix(beginning): opened.get_tensor(name) for name in names}
    if digest(found) != facts["weights"]:
        raise LoadError(f"{path} is damaged: the weights of {facts['record']} have another digest than its header says")
    return found
