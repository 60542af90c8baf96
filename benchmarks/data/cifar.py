"""CIFAR-10 and CIFAR-100, read by torchvision from the data root."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data.archives import open_archive, require_root
from benchmarks.data.catalogue import dataset
from benchmarks.data.contract import (
    NATURAL_EPSILONS,
    Augmentation,
    Dataset,
    DatasetInfo,
)
from benchmarks.data.splitting import Images, Labels, hold_out

VALIDATION_SHARE = Fraction(5_000, 50_000)
SOURCE = "Krizhevsky, Learning multiple layers of features from tiny images, 2009; cs.toronto.edu/~kriz/cifar.html"
AUGMENTATION = Augmentation(crop_padding=4, flip=True)
"""He et al. 2016, section 4.2."""

FINE_LABELS = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel
can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur
dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion
lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree
pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea
seal shark shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank
telephone television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""

CIFAR10 = DatasetInfo(
    name="cifar10",
    title="CIFAR-10",
    shape=(3, 32, 32),
    classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    mean=(0.4914, 0.4822, 0.4465),
    std=(0.2470, 0.2435, 0.2616),
    preset="small",
    epsilons=NATURAL_EPSILONS,
    augmentation=AUGMENTATION,
    source=SOURCE,
)

CIFAR100 = DatasetInfo(
    name="cifar100",
    title="CIFAR-100",
    shape=(3, 32, 32),
    classes=tuple(FINE_LABELS.split()),
    mean=(0.5071, 0.4865, 0.4409),
    std=(0.2673, 0.2564, 0.2762),
    preset="small",
    epsilons=NATURAL_EPSILONS,
    augmentation=AUGMENTATION,
    source=SOURCE,
)


@dataset(CIFAR10, options={"download": False}, order=4)
def read_cifar10(data_root: Path | None, options: Mapping[str, object]) -> Dataset:
    """45,000 / 5,000 / 10,000 photographs of 10 classes; see `read_cifar`."""
    return read_cifar(CIFAR10, data_root, options)


@dataset(CIFAR100, options={"download": False}, order=6)
def read_cifar100(data_root: Path | None, options: Mapping[str, object]) -> Dataset:
    """45,000 / 5,000 / 10,000 photographs of 100 classes; see `read_cifar`."""
    return read_cifar(CIFAR100, data_root, options)


def read_cifar(info: DatasetInfo, data_root: Path | None, options: Mapping[str, object]) -> Dataset:
    """Training files, 5,000 of their images held out, and test files.

    Raises:
        DataMissing: a file is not there, or the download failed.
        DataCorrupt: a file is not the published one.
    """
    from torchvision import datasets

    root, download = require_root(info.name, data_root), bool(options["download"])
    reader: Any = datasets.CIFAR10 if info is CIFAR10 else datasets.CIFAR100
    folder = root / reader.base_folder
    listed = (*reader.train_list, *reader.test_list, (reader.meta["filename"], reader.meta["md5"]))

    def opener() -> tuple[tuple[Images, Labels], tuple[Images, Labels]]:
        train = reader(root, train=True, download=download)
        return _arrays(train), _arrays(reader(root, train=False))

    files = {folder / file: md5 for file, md5 in listed}
    own = f"cifar-batches[path={reader.base_folder}]"
    pool, test = open_archive(info.name, opener, files, download=download, own=own)
    dataset = hold_out(info, pool, test, validation=round(len(pool[1]) * VALIDATION_SHARE))
    return replace(dataset, files=tuple(files))


def _arrays(data: Any) -> tuple[Images, Labels]:
    return np.moveaxis(data.data, 3, 1), np.asarray(data.targets, dtype=np.int64)
