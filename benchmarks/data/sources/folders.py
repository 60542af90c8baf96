"""Image files whose folder is their class."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.data.contract import DataCorrupt, DataMissing
from benchmarks.data.digests import digests
from benchmarks.data.sources.images import ImageFiles
from benchmarks.data.sources.kept import key_of
from benchmarks.data.sources.parts import TRAIN, folders_by_part
from benchmarks.data.sources.source import Part, Source
from benchmarks.data.splitting import Labels

SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"))


@dataclass(frozen=True)
class Listing:
    """The image files of a folder.

    Attributes:
        images: their paths are `class/file`, sorted.
        classes: names of its folders, sorted.
        labels: (N,) int64.
    """

    images: ImageFiles
    classes: tuple[str, ...]
    labels: Labels

    def places(self) -> list[Path]:
        """The folder, the folders of classes, and the images."""
        folder = self.images.folder
        return [folder, *(folder / name for name in self.classes), *files_of(self.images)]


def read_folders(root: Path) -> Source:
    """Images of `train/CLASS/*`, `val/CLASS/*` and `test/CLASS/*` as far as they are there, or else of `CLASS/*`.

    Raises:
        DataMissing: a folder is empty.
        DataCorrupt: the classes of the parts differ, or a file cannot be read.
    """
    return source_of({part: list_images(place) for part, place in (folders_by_part(root) or {TRAIN: root}).items()})


def source_of(listings: Mapping[str, Listing]) -> Source:
    """Images by part. Every file is hashed once, and remembered by path, size and times.

    Raises:
        DataCorrupt: the classes of the parts differ, or a file cannot be read.
    """
    first = next(iter(listings.values()))
    for other in listings.values():
        _check_classes(first, other)
    try:
        contents = [digests(files_of(listing.images)) for listing in listings.values()]
    except OSError as error:
        raise DataCorrupt(str(error)) from error
    return Source(
        parts={part: Part(listing.images, listing.labels) for part, listing in listings.items()},
        classes=first.classes,
        digest=key_of(*contents),
        files=tuple(place for listing in listings.values() for place in listing.places()),
    )


def files_of(images: ImageFiles) -> list[Path]:
    """The files, in order."""
    return [images.path(position) for position in range(len(images))]


def list_images(folder: Path) -> Listing:
    """Find the images of each class, in its folder and in folders below.

    Raises:
        DataMissing: no class folders, or one of them without images.
    """
    classes = sorted(e.name for e in os.scandir(folder) if e.is_dir() and not e.name.startswith("."))
    if not classes:
        raise DataMissing(
            f"{folder} has no class folders; needed are images in {folder / 'CLASS'}; a folder of images without "
            "labels must be taken away"
        )
    paths: list[bytes] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        found = sorted(_images_below(folder / name, name))
        if not found:
            raise DataMissing(f"{folder / name} has no images ({', '.join(sorted(SUFFIXES))})")
        paths += [os.fsencode(path) for path in found]
        labels += [label] * len(found)
    return Listing(ImageFiles(folder, np.array(paths)), tuple(classes), np.array(labels))


def _images_below(folder: Path, name: str) -> Iterator[str]:
    for entry in os.scandir(folder):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _images_below(Path(entry.path), f"{name}/{entry.name}")
        elif Path(entry.name).suffix.lower() in SUFFIXES and entry.is_file():
            yield f"{name}/{entry.name}"


def _check_classes(first: Listing, other: Listing) -> None:
    if first.classes == other.classes:
        return
    extra, lacking = set(other.classes) - set(first.classes), set(first.classes) - set(other.classes)
    one, two = first.images.folder, other.images.folder
    raise DataCorrupt(
        f"the classes of {one} and {two} differ: only in {one.name} {sorted(lacking)}, only in {two.name} "
        f"{sorted(extra)}"
    )
