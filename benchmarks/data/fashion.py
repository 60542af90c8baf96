"""Fashion-MNIST from a Debian package, a data root, or the network."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.data.catalogue import dataset
from benchmarks.data.contract import (
    CLOTHES_EPSILONS,
    CLOTHES_L2_EPSILONS,
    Augmentation,
    DataCorrupt,
    DataMissing,
    Dataset,
    DatasetInfo,
)
from benchmarks.data.idx import check_pair, parse_images, parse_labels, read_bytes
from benchmarks.data.splitting import Images, Labels, hold_out

FASHION_MNIST = DatasetInfo(
    name="fashion-mnist",
    title="Fashion-MNIST",
    shape=(1, 28, 28),
    classes=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    mean=(0.2861,),
    std=(0.3530,),
    preset="small",
    epsilons=CLOTHES_EPSILONS,
    l2_epsilons=CLOTHES_L2_EPSILONS,
    augmentation=Augmentation(crop_padding=2, flip=True),
    source="Xiao et al., Fashion-MNIST: a novel image dataset, arXiv:1708.07747; "
    "Debian's package dataset-fashion-mnist has it",
)

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
VALIDATION = 5_000

SHA256 = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
"""Of the decompressed files: MNIST and KMNIST use the same names."""


@dataset(FASHION_MNIST, options={"download": False}, order=3)
def read_fashion_mnist(data_root: Path | None, options: Mapping[str, object]) -> Dataset:
    """55,000 / 5,000 / 10,000 pieces of clothing; the last are the official test files.

    Raises:
        DataMissing: nowhere to be found, or the download failed; says how to get it.
        DataCorrupt: a file is not the published one.
    """
    folder = find_folder(data_root)
    if folder is None and data_root is not None and options["download"]:
        _download(data_root)
        folder = find_folder(data_root)
    if folder is None:
        raise DataMissing(_how_to_get(data_root))
    pool, test = (_read_pair(folder, part) for part in ("train", "t10k"))
    dataset = hold_out(FASHION_MNIST, pool, test, validation=VALIDATION)
    return replace(dataset, files=tuple(_file(folder, name) for name in SHA256))


def find_folder(data_root: Path | None) -> Path | None:
    """The first folder that has all four files, gzipped or not; None where none has."""
    return next((folder for folder in _folders(data_root) if _has_all(folder)), None)


def _folders(data_root: Path | None) -> tuple[Path, ...]:
    if data_root is None:
        return (DEBIAN,)
    return (data_root / "fashion-mnist", data_root, data_root / "FashionMNIST" / "raw", DEBIAN)


def _has_all(folder: Path) -> bool:
    return all(_file(folder, name).is_file() for name in SHA256)


def _file(folder: Path, name: str) -> Path:
    plain = folder / name
    return plain if plain.is_file() else folder / f"{name}.gz"


def _read_pair(folder: Path, part: str) -> tuple[Images, Labels]:
    image_file = _file(folder, f"{part}-images-idx3-ubyte")
    label_file = _file(folder, f"{part}-labels-idx1-ubyte")
    image_bytes, label_bytes = read_bytes(image_file), read_bytes(label_file)
    images = parse_images(image_bytes, image_file)
    labels = parse_labels(label_bytes, label_file, classes=len(FASHION_MNIST.classes))
    check_pair(images, labels, image_file)
    _check_published(image_bytes, image_file)
    _check_published(label_bytes, label_file)
    return images, labels


def _check_published(content: bytes, file: Path) -> None:
    if hashlib.sha256(content).hexdigest() != SHA256[file.name.removesuffix(".gz")]:
        raise DataCorrupt(f"{file} is not Fashion-MNIST as published: its SHA-256 differs")


def _download(data_root: Path) -> None:
    from torchvision.datasets import FashionMNIST

    try:
        FashionMNIST(data_root, download=True)
    except (OSError, RuntimeError) as error:
        raise DataMissing(f"the download of fashion-mnist failed: {error}") from error


def _how_to_get(data_root: Path | None) -> str:
    places = ", ".join(str(folder) for folder in _folders(data_root))
    return (
        f"fashion-mnist is not in {places}. Either install Debian's package dataset-fashion-mnist, "
        "or give --data-root DIR with its four idx files in DIR/fashion-mnist, "
        "or let it be downloaded there: fashion-mnist[download=True] with --data-root DIR"
    )
