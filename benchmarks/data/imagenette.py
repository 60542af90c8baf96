"""Imagenette, ten classes of ImageNet that are easy to tell apart, in the layout of its archives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.data.catalogue import dataset
from benchmarks.data.contract import DataCorrupt, DataMissing, Dataset
from benchmarks.data.sources.assembling import About, assemble
from benchmarks.data.sources.folders import read_folders
from benchmarks.data.sources.options import AUGMENTATION, DECODING, PATH, checked, find_path

ABOUT = About("imagenette", "Imagenette", "Howard, Imagenette, 2019; github.com/fastai/imagenette")
FOLDERS = ("imagenette2", "imagenette2-320", "imagenette2-160")
NEEDED = f"train/ and val/ of the archive, in DIR/{', DIR/'.join(FOLDERS)} or DIR"
CLASSES: Mapping[str, str] = {
    "n01440764": "tench",
    "n02102040": "English springer",
    "n02979186": "cassette player",
    "n03000684": "chain saw",
    "n03028079": "church",
    "n03394916": "French horn",
    "n03417042": "garbage truck",
    "n03425413": "gas pump",
    "n03445777": "golf ball",
    "n03888257": "parachute",
}


@dataset(
    ABOUT.described({**PATH, "resize": None, "crop": 224, **AUGMENTATION, **DECODING}, classes=len(CLASSES)),
    order=9,
)
def read_imagenette(data_root: Path | None, options: Mapping[str, object]) -> Dataset:
    """8,522 / 947 / 3,925 photographs of 10 classes: `val` is for testing.

    Raises:
        ValueError: an option out of range.
        DataMissing: a file is not there.
        DataCorrupt: one is damaged, or the classes are others.
    """
    chosen = checked(ABOUT.name, {**options, "channels": 3})
    root = find_path(ABOUT.name, data_root, str(options["path"]), NEEDED)
    folder = next((place for place in (*(root / name for name in FOLDERS), root) if (place / "train").is_dir()), None)
    if folder is None:
        raise DataMissing(f"{ABOUT.name}: {root} has none of these; needed: {NEEDED}")
    source = read_folders(folder)
    if source.classes != tuple(CLASSES):
        raise DataCorrupt(f"{folder} is not Imagenette: its classes are not {', '.join(CLASSES)}")
    return assemble(replace(source, classes=tuple(CLASSES.values())), chosen, ABOUT)
