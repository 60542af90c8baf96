"""Tiny ImageNet in the layout of its archive: `train/WNID/images/*`, `val/images/*` and `val/val_annotations.txt`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.data.archives import require_root
from benchmarks.data.catalogue import dataset
from benchmarks.data.contract import DataCorrupt, DataMissing, Dataset
from benchmarks.data.sources.assembling import About, assemble
from benchmarks.data.sources.folders import Listing, list_images, source_of
from benchmarks.data.sources.images import ImageFiles
from benchmarks.data.sources.options import DECODING, checked
from benchmarks.data.sources.parts import TRAIN, VALIDATION

ABOUT = About(
    "tiny-imagenet",
    "Tiny ImageNet",
    "Le and Yang, Tiny ImageNet visual recognition challenge, 2015; cs231n.stanford.edu/tiny-imagenet-200.zip",
)
FOLDER, ANNOTATIONS, WORDS = "tiny-imagenet-200", "val_annotations.txt", "words.txt"
NEEDED = f"train/ and val/ of the archive in DIR/{FOLDER} or DIR"
SIDE = 64


@dataset(
    ABOUT.described(DECODING, shape=(3, SIDE, SIDE), classes=200, preset="small"),
    order=8,
)
def read_tiny_imagenet(data_root: Path | None, options: Mapping[str, object]) -> Dataset:
    """90,000 / 10,000 / 10,000 photographs of 200 classes: `val` is for testing, as `test` has no labels.

    Raises:
        ValueError: an option out of range.
        DataMissing: a file is not there.
        DataCorrupt: one is damaged.
    """
    chosen = checked(ABOUT.name, {**options, "crop": SIDE, "channels": 3})
    root = require_root(ABOUT.name, data_root, NEEDED)
    folder = next((place for place in (root / FOLDER, root) if (place / "train").is_dir()), None)
    if folder is None or not (folder / "val").is_dir():
        raise DataMissing(f"{ABOUT.name}: {root / FOLDER} and {root} lack train/ or val/; needed: {NEEDED}")
    train = list_images(folder / "train")
    listings = {TRAIN: train, VALIDATION: _validation(folder / "val", train.classes)}
    source = source_of(listings)
    return assemble(replace(source, classes=_words(folder / WORDS, source.classes)), chosen, ABOUT)


def _validation(folder: Path, classes: tuple[str, ...]) -> Listing:
    """The images by their annotations; without these, some have sorted the images into folders of classes."""
    annotations = folder / ANNOTATIONS
    if not annotations.is_file():
        return list_images(folder)
    places = {name: label for label, name in enumerate(classes)}
    paths, labels = [], []
    for number, line in enumerate(annotations.read_text().splitlines(), start=1):
        name, wnid, *_ = [*line.split("\t"), ""]
        if wnid not in places:
            raise DataCorrupt(f"{annotations}, line {number}: {wnid!r} is no class of train/")
        paths.append(os.fsencode(f"images/{name}"))
        labels.append(places[wnid])
    if not paths:
        raise DataCorrupt(f"{annotations} has no lines")
    return Listing(ImageFiles(folder, np.array(paths)), classes, np.array(labels))


def _words(file: Path, wnids: tuple[str, ...]) -> tuple[str, ...]:
    """What the classes are called: the first of WordNet's words where the archive's list is there and they differ."""
    if not file.is_file():
        return wnids
    lines = (line.partition("\t") for line in file.read_text().splitlines())
    words = {wnid: words.partition(",")[0].strip() for wnid, _, words in lines}
    names = tuple(words.get(wnid) or wnid for wnid in wnids)
    return names if len(set(names)) == len(names) else tuple(f"{n} ({w})" for n, w in zip(names, wnids, strict=True))
