"""Any set of image files in ImageNet's layout: train/<class>/* and val/<class>/*."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.archives import require_root
from benchmarks.data.catalogue import dataset
from benchmarks.data.contract import (
    NATURAL_EPSILONS,
    Augmentation,
    DataCorrupt,
    DataMissing,
    Dataset,
    DatasetInfo,
)
from benchmarks.data.decoding import FolderSplit
from benchmarks.data.description import Description
from benchmarks.data.digests import digests
from benchmarks.data.splitting import Labels, Positions, fingerprint, stratified_order

NAME = "imagefolder"
TITLE = "Image folder"
SOURCE = "files of the user, in the layout of ImageNet (Russakovsky et al., IJCV 2015)"
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
VALIDATION_SHARE = 0.02
SMALL_SIZE = 64
"""Images up to this size, pixels, get the suite's `small` networks."""
SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"))


@dataclass(frozen=True)
class Listing:
    """The image files of a folder.

    Attributes:
        folder: what the paths are relative to.
        classes: names of its folders, sorted.
        paths: (N,) `class/file`, as the file system spells them, sorted.
        labels: (N,) int64.
    """

    folder: Path
    classes: tuple[str, ...]
    paths: NDArray[np.bytes_]
    labels: Labels

    def all_paths(self) -> list[Path]:
        """The folder, the folders of classes, and the images."""
        classes = [self.folder / name for name in self.classes]
        return [self.folder, *classes, *(self.folder / os.fsdecode(path) for path in self.paths.tolist())]


@dataset(
    Description(
        name=NAME, title=TITLE, shape=None, classes=None, source=SOURCE, options={"size": 224, "workers": None}
    ),
    order=8,
)
def read_imagefolder(data_root: Path | None, options: Mapping[str, object]) -> Dataset:
    """Validation is 2 % of train/, at least one image of each class; test is val/.

    Augmentation is a random resized crop and a flip, so `Augmentation.crop_padding` is 0. The fingerprint is that of
    the files' bytes, in the order of the splits, of their labels and classes, and of the option `size`: every file is
    hashed once, and remembered by path, size and times.

    Raises:
        ValueError: option `size` below 1 or `workers` below 0.
        DataMissing: a folder is absent or empty, or a class has a single training image.
        DataCorrupt: the classes of train/ and val/ differ.
    """
    size, workers = _checked(options)
    root = require_root(NAME, data_root)
    pool, test = list_images(root / "train"), list_images(root / "val")
    _check_classes(pool, test)
    train, validation = hold_out_of_each_class(pool)
    parts = ((pool, train), (pool, validation), (test, stratified_order(test.labels)))
    splits = [
        FolderSplit(files.folder, files.paths[chosen], files.labels[chosen], size=size, workers=workers)
        for files, chosen in parts
    ]
    contents = [path_digests(files.folder, files.paths[chosen]) for files, chosen in parts]
    labels = [files.labels[chosen].tobytes() for files, chosen in parts]
    mark = fingerprint(f"{size} {pool.classes}".encode(), *contents, *labels)
    return Dataset(_info(pool, size), splits[0], splits[1], splits[2], mark, (*pool.all_paths(), *test.all_paths()))


def path_digests(folder: Path, paths: NDArray[np.bytes_]) -> bytes:
    """SHA-256 of the files' bytes, one after another in the order given.

    Raises:
        DataCorrupt: a file cannot be read.
    """
    try:
        return "".join(digests(folder / os.fsdecode(path) for path in paths.tolist())).encode()
    except OSError as error:
        raise DataCorrupt(f"{NAME}: {error}") from error


def list_images(folder: Path) -> Listing:
    """Find the images of each class.

    Raises:
        DataMissing: no such folder, no class folders in it, or one of them without images.
    """
    if not folder.is_dir():
        raise DataMissing(f"{NAME}: {folder} is not there; needed are train/CLASS/* and val/CLASS/* in --data-root")
    classes = sorted(e.name for e in os.scandir(folder) if e.is_dir() and not e.name.startswith("."))
    if not classes:
        raise DataMissing(f"{NAME}: {folder} has no class folders; needed are images in {folder / 'CLASS'}")
    paths: list[bytes] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        files = sorted((e for e in os.scandir(folder / name) if _is_image(e)), key=lambda e: e.name)
        if not files:
            raise DataMissing(f"{NAME}: {folder / name} has no images ({', '.join(sorted(SUFFIXES))})")
        paths += [os.fsencode(f"{name}/{file.name}") for file in files]
        labels += [label] * len(files)
    return Listing(folder, tuple(classes), np.array(paths), np.array(labels))


def hold_out_of_each_class(pool: Listing) -> tuple[Positions, Positions]:
    """Positions of the training and of the validation images, both in stratified order.

    Raises:
        DataMissing: a class has a single image, which cannot serve both.
    """
    order = stratified_order(pool.labels)
    held = np.zeros(len(order), dtype=bool)
    for label, count in enumerate(np.bincount(pool.labels)):
        if count < 2:
            raise DataMissing(f"{NAME}: {pool.folder / pool.classes[label]} needs 2 images, one for validation")
        ranked = np.flatnonzero(pool.labels[order] == label)
        held[ranked[-max(1, round(VALIDATION_SHARE * count)) :]] = True
    validation = order[held]
    return order[~held], validation[stratified_order(pool.labels[validation])]


def _is_image(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".") and Path(entry.name).suffix.lower() in SUFFIXES and entry.is_file()


def _check_classes(train: Listing, test: Listing) -> None:
    if train.classes == test.classes:
        return
    extra, lacking = set(test.classes) - set(train.classes), set(train.classes) - set(test.classes)
    raise DataCorrupt(
        f"{NAME}: the classes of {train.folder} and {test.folder} differ: "
        f"only in train {sorted(lacking)}, only in val {sorted(extra)}"
    )


def _checked(options: Mapping[str, object]) -> tuple[int, int]:
    size, workers = options["size"], options["workers"]
    workers = _usable_cpus() if workers is None else workers
    if not isinstance(size, int) or size < 1:
        raise ValueError(f"size of {NAME} must be at least 1 pixel, not {size}")
    if not isinstance(workers, int) or workers < 0:
        raise ValueError(f"workers of {NAME} must be at least 0, not {workers}")
    return size, workers


def _usable_cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _info(pool: Listing, size: int) -> DatasetInfo:
    return DatasetInfo(
        name=NAME,
        title=TITLE,
        shape=(3, size, size),
        classes=pool.classes,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        preset="small" if size <= SMALL_SIZE else "imagenet",
        epsilons=NATURAL_EPSILONS,
        augmentation=Augmentation(flip=True),
        source=SOURCE,
    )
