"""CIFAR-10 as JPEG files in parquet, as image hubs pass it on: not the original pixels.

Compression takes away what networks learn from: an error on these images never stands beside a published one on
CIFAR-10 as if it were the same quantity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.data.archives import require_root
from benchmarks.data.catalogue import dataset
from benchmarks.data.cifar import CIFAR10, VALIDATION_SHARE
from benchmarks.data.contract import DataCorrupt, DataMissing, Dataset
from benchmarks.data.sources.fitting import Fit
from benchmarks.data.sources.kept import key_of
from benchmarks.data.sources.parts import TEST, TRAIN, files_by_part
from benchmarks.data.sources.pixels import decode_once
from benchmarks.data.splitting import hold_out

CIFAR10_JPEG = replace(
    CIFAR10,
    name="cifar10-jpeg",
    title="CIFAR-10 JPEG",
    mean=(0.4914, 0.4823, 0.4466),
    std=(0.2453, 0.2429, 0.2607),
    source="Krizhevsky, Learning multiple layers of features from tiny images, 2009; compressed to JPEG, in parquet: "
    "not comparable with errors on the original pixels",
)
WHERE = "train*.parquet and test*.parquet in DIR/cifar10-jpeg or DIR"
"""The files of the data root DIR."""


@dataset(CIFAR10_JPEG, order=5)
def read_cifar10_jpeg(data_root: Path | None, options: Mapping[str, object]) -> Dataset:
    """45,000 / 5,000 / 10,000 photographs of 10 classes, of the files `train*.parquet` and `test*.parquet`.

    They lie in the folder `cifar10-jpeg` of the data root, or in the data root itself.

    Raises:
        DataMissing: a file is not there.
        DataCorrupt: a file is damaged, or holds something else.
    """
    from benchmarks.data.sources.tables import read_tables  # pyarrow is not needed to list data sets

    folder = find_folder(require_root(CIFAR10_JPEG.name, data_root, WHERE))
    source = read_tables(files_by_part(folder, ".parquet"), image="", label="")
    if source.classes != CIFAR10_JPEG.classes or not {TRAIN, TEST} <= source.parts.keys():
        raise DataCorrupt(
            f"{folder} is not CIFAR-10: needed are {WHERE}, with the classes {', '.join(CIFAR10_JPEG.classes)}; other "
            "images are read by parquet[path=FOLDER]"
        )
    train, test = source.parts[TRAIN], source.parts[TEST]
    key = key_of(CIFAR10_JPEG.name, source.digest)
    pool, shown = decode_once(key, [train.images, test.images], lambda: Fit(CIFAR10_JPEG.shape))
    held = round(len(pool) * VALIDATION_SHARE)
    found = hold_out(CIFAR10_JPEG, (pool, train.labels), (shown, test.labels), validation=held)
    return replace(found, files=source.files)


def find_folder(root: Path) -> Path:
    """The folder of the files: `cifar10-jpeg` in the data root, or the data root itself.

    Raises:
        DataMissing: neither has them.
    """
    for folder in (root / CIFAR10_JPEG.name, root):
        if any(folder.glob("train*.parquet")):
            return folder
    raise DataMissing(f"{CIFAR10_JPEG.name}: neither {root / CIFAR10_JPEG.name} nor {root} has {WHERE}")
