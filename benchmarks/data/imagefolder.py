"""Image files whose folder is their class, as in ImageNet: with folders of parts, or flat."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from benchmarks.data.catalogue import dataset
from benchmarks.data.contract import Dataset
from benchmarks.data.sources.assembling import About, assemble
from benchmarks.data.sources.folders import read_folders
from benchmarks.data.sources.options import checked, find_path

NEEDED = "train/CLASS/* with val/CLASS/* or test/CLASS/* or both, or CLASS/* alone"
ABOUT = About("imagefolder", "Image folder", f"files of the user: {NEEDED}")


@dataset(
    ABOUT.described(),
    order=10,
)
def read_imagefolder(data_root: Path | None, options: Mapping[str, object]) -> Dataset:
    """Images of a folder; see `read_folders`, and `divide` for what is held out.

    Raises:
        ValueError: an option out of range.
        DataMissing: a folder is absent or empty, or a class has too few images.
        DataCorrupt: the classes of the parts differ, or images in size with no option to say what shall be done.
    """
    chosen = checked(ABOUT.name, options)
    root = find_path(ABOUT.name, data_root, str(options["path"]), NEEDED)
    return assemble(read_folders(root), chosen, ABOUT)
