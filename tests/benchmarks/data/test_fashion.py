"""Fashion-MNIST: the real files, in every place where they are looked for."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import torch
import torchvision

from benchmarks.data import DataCorrupt, DataMissing, Dataset, load
from benchmarks.data import fashion as family
from benchmarks.data.fashion import SHA256, find_folder

SMALL = "t10k-labels-idx1-ubyte"


def link_all(source: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in SHA256:
        (folder / f"{name}.gz").symlink_to(source / f"{name}.gz")
    return folder


@pytest.fixture
def without_debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(family, "DEBIAN", tmp_path / "not-installed")


def test_it_is_split_55000_5000_10000(fashion: Dataset) -> None:
    assert (len(fashion.train), len(fashion.validation), len(fashion.test)) == (55_000, 5_000, 10_000)


def test_each_split_has_equally_many_of_each_class(fashion: Dataset) -> None:
    for split, each in ((fashion.train, 5_500), (fashion.validation, 500), (fashion.test, 1_000)):
        assert torch.bincount(split.labels).tolist() == [each] * 10


def test_a_part_is_representative(fashion: Dataset) -> None:
    assert torch.bincount(fashion.train.take(1_000).labels).tolist() == [100] * 10


def test_mean_and_deviation_are_those_of_the_training_pixels(fashion: Dataset) -> None:
    images = next(fashion.train.batches(55_000)).images.double()
    assert fashion.info.mean == (round(images.mean().item(), 4),)
    assert fashion.info.std == (round(images.std(unbiased=False).item(), 4),)


def test_the_fingerprint_is_the_same_on_every_machine(fashion: Dataset) -> None:
    assert fashion.fingerprint == "33e7d9fd6e55d366", "splits moved: all earlier results are void"


@pytest.mark.parametrize("place", ["fashion-mnist", ".", "FashionMNIST/raw"])
@pytest.mark.usefixtures("without_debian")
def test_gzipped_files_are_found_under_the_data_root(place: str, tmp_path: Path, debian_fashion: Path) -> None:
    folder = link_all(debian_fashion, tmp_path / place)
    assert find_folder(tmp_path) == folder


@pytest.mark.usefixtures("without_debian")
def test_decompressed_files_give_the_same_data(tmp_path: Path, debian_fashion: Path, fashion: Dataset) -> None:
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for name in SHA256:
        (raw / name).write_bytes(gzip.decompress((debian_fashion / f"{name}.gz").read_bytes()))
    assert load("fashion-mnist", data_root=tmp_path).fingerprint == fashion.fingerprint


def test_the_data_root_goes_before_the_debian_package(tmp_path: Path, debian_fashion: Path) -> None:
    assert find_folder(tmp_path) == debian_fashion
    assert find_folder(link_all(debian_fashion, tmp_path)) == tmp_path


@pytest.mark.usefixtures("without_debian")
def test_three_of_four_files_are_not_a_data_set(tmp_path: Path, debian_fashion: Path) -> None:
    (link_all(debian_fashion, tmp_path) / f"{SMALL}.gz").unlink()
    assert find_folder(tmp_path) is None


@pytest.mark.usefixtures("without_debian")
def test_the_message_about_missing_data_lists_three_ways_to_get_them() -> None:
    with pytest.raises(DataMissing, match=r"dataset-fashion-mnist.*--data-root.*download=True"):
        load("fashion-mnist")


@pytest.mark.usefixtures("without_debian")
def test_a_failed_download_is_missing_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise RuntimeError("Error downloading: no route to host")

    monkeypatch.setattr(torchvision.datasets, "FashionMNIST", refuse)
    with pytest.raises(DataMissing, match=r"download of fashion-mnist failed: .*no route to host"):
        load("fashion-mnist", data_root=tmp_path, download=True)


@pytest.mark.usefixtures("without_debian")
def test_a_download_is_read(
    tmp_path: Path, debian_fashion: Path, fashion: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(root: Path, download: bool) -> None:
        link_all(debian_fashion, root / "FashionMNIST" / "raw")

    monkeypatch.setattr(torchvision.datasets, "FashionMNIST", fetch)
    dataset = load("fashion-mnist", data_root=tmp_path, download=True)
    assert dataset.fingerprint == fashion.fingerprint


def test_a_truncated_file_is_named(tmp_path: Path, debian_fashion: Path) -> None:
    file = link_all(debian_fashion, tmp_path) / "train-images-idx3-ubyte.gz"
    whole = file.read_bytes()
    file.unlink()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataCorrupt, match=r"train-images-idx3-ubyte\.gz is damaged"):
        load("fashion-mnist", data_root=tmp_path)


def test_a_file_with_the_name_and_format_but_other_content_is_refused(tmp_path: Path, debian_fashion: Path) -> None:
    """MNIST and KMNIST have files of the same names and sizes."""
    labels = bytearray(gzip.decompress((debian_fashion / f"{SMALL}.gz").read_bytes()))
    labels[-1] = (labels[-1] + 1) % 10
    folder = link_all(debian_fashion, tmp_path)
    (folder / SMALL).write_bytes(labels)
    with pytest.raises(DataCorrupt, match=f"{SMALL} is not Fashion-MNIST as published"):
        load("fashion-mnist", data_root=tmp_path)
