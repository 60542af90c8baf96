"""Arrays of images and labels in one file of NumPy, as MedMNIST has them."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
from benchmarks.data.sources.parts import TRAIN, WORDS, part_of
from benchmarks.data.sources.source import Part, Source

NEEDED = "one FILE.npz with train_images, train_labels, val_images, ..., test_labels, or images and labels alone"
ABOUT = About("npz", "Arrays of NumPy", f"file of the user: {NEEDED}")
KINDS: Mapping[str, tuple[str, ...]] = {"images": ("images", "x", "data"), "labels": ("labels", "y", "targets")}
"""How names of arrays say what they hold, after the part."""
CLASSES = "classes"
"""An array of the classes' names, where there is one."""


@dataset(
    ABOUT.described(),
    order=12,
)
def read_npz(data_root: Path | None, options: Mapping[str, object]) -> Dataset:
    """Images (N, H, W), (N, H, W, 3) or (N, 3, H, W) uint8 and labels (N,) or (N, 1) of each part.

    Raises:
        ValueError: an option out of range.
        DataMissing: no such file, or a class has too few images.
        DataCorrupt: it is damaged, or has no such arrays; the message names them.
    """
    chosen = checked(ABOUT.name, options)
    place = find_path(ABOUT.name, data_root, str(options["path"]), NEEDED)
    return assemble(read_arrays(_only_file(place)), chosen, ABOUT)


def read_arrays(file: Path) -> Source:
    """Images and labels of a file.

    Raises:
        DataCorrupt: as `read_npz` says.
    """
    arrays = _stored(file)
    found = _by_part(file, arrays)
    names = arrays.get(CLASSES)
    labels = {part: _labels(file, arrays, keys["labels"]) for part, keys in found.items()}
    if names is None:
        classes, numbers = by_value([*labels.values()])
    else:
        classes = tuple(map(str, names.tolist()))
        numbers = [named(f"{file}, {found[part]['labels']}", own, classes) for part, own in labels.items()]
    parts = {}
    for (part, keys), own in zip(found.items(), numbers, strict=True):
        pixels = _pixels(file, arrays, keys["images"])
        if len(pixels) != len(own):
            raise DataCorrupt(f"{file}: {keys['images']} has {len(pixels)} images, {keys['labels']} {len(own)} labels")
        parts[part] = Part(PixelImages(pixels, f"{file}, {keys['images']}"), own)
    return Source(parts=parts, classes=classes, digest=key_of(*digests([file])), files=(file,))


def _only_file(place: Path) -> Path:
    if place.is_file():
        return place
    files = sorted(place.glob("*.npz"))
    if len(files) != 1:
        there = ", ".join(file.name for file in files[:5]) if files else "none"
        raise DataMissing(f"{ABOUT.name}: {place} should have one *.npz, it has {there}; say which with path=FILE.npz")
    return files[0]


def _stored(file: Path) -> dict[str, NDArray[Any]]:
    if not zipfile.is_zipfile(file):
        raise DataCorrupt(f"{file} cannot be read as arrays of NumPy: it is no npz; needed: {NEEDED}")
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataCorrupt(f"{file} cannot be read as arrays of NumPy: {error}") from error


def _by_part(file: Path, arrays: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, str]]:
    """Names of the arrays of images and labels, by part."""
    found: dict[str, dict[str, str]] = {}
    for name in arrays:
        words = name.lower().split("_")
        kind = next((kind for kind, spellings in KINDS.items() if set(words) & set(spellings)), None)
        if kind is not None:
            found.setdefault(part_of(name) or TRAIN, {})[kind] = name
    whole = {part: found[part] for part in WORDS if len(found.get(part, {})) == len(KINDS)}
    if not whole or len(whole) < len(found):
        there = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise DataCorrupt(f"{file} has {there or 'nothing'}; needed: {NEEDED}")
    return whole


def _labels(file: Path, arrays: Mapping[str, NDArray[Any]], name: str) -> NDArray[Any]:
    labels = arrays[name]
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "iuUb":
        raise DataCorrupt(
            f"{file}: {name} is {labels.shape} {labels.dtype}; needed is one whole number or word per image"
        )
    return labels


def _pixels(file: Path, arrays: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.uint8]:
    """(N, H, W) or (N, H, W, 3)."""
    pixels = arrays[name]
    if pixels.dtype != np.uint8:
        raise DataCorrupt(
            f"{file}: {name} is {pixels.dtype}; needed are bytes from 0 to 255: of pixels in [0, 1] "
            "(255 * x).round().astype('uint8')"
        )
    if pixels.ndim == 4 and pixels.shape[1] in (1, 3) and pixels.shape[3] not in (1, 3):
        pixels = np.moveaxis(pixels, 1, 3)
    if pixels.ndim == 4 and pixels.shape[3] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim not in (3, 4) or (pixels.ndim == 4 and pixels.shape[3] != 3):
        raise DataCorrupt(f"{file}: {name} is {pixels.shape}; needed is (N, H, W), (N, H, W, 3) or (N, 3, H, W)")
    return np.ascontiguousarray(pixels)
