"""A user's own images in the format of CIFAR: pickled rows of pixels, as `data_batch_*` or `train`, and a test file."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from math import isqrt
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.catalogue import dataset
from benchmarks.data.contract import DataCorrupt, DataMissing, Dataset
from benchmarks.data.digests import digests
from benchmarks.data.sources.assembling import About, assemble
from benchmarks.data.sources.images import PixelImages
from benchmarks.data.sources.kept import key_of
from benchmarks.data.sources.labels import by_value, named
from benchmarks.data.sources.options import checked, find_path
from benchmarks.data.sources.parts import TEST, TRAIN
from benchmarks.data.sources.source import Part, Source

NEEDED = "data_batch_* or train, test_batch or test, and where there are names batches.meta or meta"
ABOUT = About("cifar-batches", "CIFAR's format", f"files of the user: {NEEDED}")
PATTERNS: Mapping[str, tuple[str, ...]] = {TRAIN: ("data_batch_*", "train"), TEST: ("test_batch", "test")}
LABELS = ("labels", "fine_labels")
NAMES = ("label_names", "fine_label_names")
SAFE = {
    *((module, "_reconstruct") for module in ("numpy.core.multiarray", "numpy._core.multiarray")),
    *((module, "_frombuffer") for module in ("numpy.core.numeric", "numpy._core.numeric")),
    *(("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode")),
}
"""What a pickled array needs; a pickle that names anything else is not read, as it could run any code."""


@dataset(
    ABOUT.described(),
    order=13,
)
def read_cifar_batches(data_root: Path | None, options: Mapping[str, object]) -> Dataset:
    """Square colour images of any size and number.

    Raises:
        ValueError: an option out of range.
        DataMissing: no such files.
        DataCorrupt: one is damaged, or has other contents; the message names it.
    """
    chosen = checked(ABOUT.name, options)
    return assemble(read_batches(find_path(ABOUT.name, data_root, str(options["path"]), NEEDED)), chosen, ABOUT)


def read_batches(folder: Path) -> Source:
    """Images and labels of a folder; raises as `read_cifar_batches` does."""
    listed = {part: _listed(folder, patterns) for part, patterns in PATTERNS.items()}
    if not listed[TRAIN]:
        raise DataMissing(f"{ABOUT.name}: {folder} has no data_batch_* and no train; needed: {NEEDED}")
    parts = {part: [_read(file) for file in files] for part, files in listed.items() if files}
    labels = {part: np.concatenate([own for _, own in batches]) for part, batches in parts.items()}
    meta = _listed(folder, ("batches.meta", "meta"))
    names = _names(meta[0]) if meta else None
    if names is None:
        classes, numbers = by_value([*labels.values()])
    else:
        classes, numbers = names, [named(f"{folder}, {part}", own, names) for part, own in labels.items()]
    found = {
        part: Part(PixelImages(np.concatenate([pixels for pixels, _ in batches]), f"{folder}, {part}"), own)
        for (part, batches), own in zip(parts.items(), numbers, strict=True)
    }
    files = [file for own in listed.values() for file in own] + meta
    return Source(parts=found, classes=classes, digest=key_of(*digests(files)), files=(folder, *files))


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in SAFE:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which arrays do not need")
        return super().find_class(module, name)


def _listed(folder: Path, patterns: Sequence[str]) -> list[Path]:
    return sorted(file for pattern in patterns for file in folder.glob(pattern) if file.is_file())


def _unpickled(file: Path) -> dict[str, Any]:
    """A pickled dictionary, its keys as words."""
    try:
        with file.open("rb") as stream:
            stored = _load(stream)
    except MemoryError:
        raise
    except Exception as error:
        raise DataCorrupt(f"{file} cannot be read as a file of CIFAR's format: {error}") from error
    if not isinstance(stored, dict):
        raise DataCorrupt(f"{file} has {type(stored).__name__}, not a dictionary with data and labels")
    return {key.decode() if isinstance(key, bytes) else str(key): value for key, value in stored.items()}


def _load(stream: IO[bytes]) -> Any:
    return _Unpickler(stream, encoding="latin1").load()


def _read(file: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pixels (N, H, W, 3) and labels (N,)."""
    stored = _unpickled(file)
    labels = next((stored[name] for name in LABELS if name in stored), None)
    rows = stored.get("data")
    if labels is None or not isinstance(rows, np.ndarray) or rows.dtype != np.uint8 or rows.ndim != 2:
        raise DataCorrupt(f"{file} has {', '.join(stored)}; needed: data (N, 3 x H x W) uint8, and labels")
    side = isqrt(rows.shape[1] // 3)
    if 3 * side * side != rows.shape[1] or len(rows) != len(labels) or not len(rows):
        raise DataCorrupt(f"{file}: data is {rows.shape} with {len(labels)} labels; needed: (N, 3 x H x H) with N")
    return np.moveaxis(rows.reshape(-1, 3, side, side), 1, 3), np.asarray(labels, np.int64)


def _names(file: Path) -> tuple[str, ...] | None:
    stored = _unpickled(file)
    names = next((stored[name] for name in NAMES if name in stored), None)
    return None if names is None else tuple(n.decode() if isinstance(n, bytes) else str(n) for n in names)
