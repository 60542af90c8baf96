"""Repositories through the library `datasets`: from a folder, as the hub cannot be reached."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.data import DataCorrupt, DataMissing, Dataset, load
from tests.benchmarks.data.conftest import jpeg, write_parquet

NAMES = tuple(f"digit {digit}" for digit in range(10))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, mnist5k: Dataset) -> Path:
    """200 training and 50 test digits in the layout of a repository."""
    folder = tmp_path_factory.mktemp("digits") / "digits"
    for part, split, count in (("train", mnist5k.train, 200), ("test", mnist5k.test, 50)):
        batch = next(split.batches(count))
        images = [jpeg(Image.fromarray(image[0].mul(255).byte().numpy())) for image in batch.images]
        write_parquet(folder / "data" / f"{part}-00000-of-00001.parquet", images, batch.labels.tolist(), NAMES)
    return folder


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The library, if it is installed, with a folder of its own and no network."""
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()


@pytest.mark.usefixtures("library")
def test_a_repository_is_the_same_data_as_its_parquet_files(repository: Path) -> None:
    ours = load("huggingface", repository=str(repository))
    assert ours.info.classes == NAMES
    assert (len(ours.train) + len(ours.validation), len(ours.test)) == (200, 50)
    assert ours.fingerprint == load("parquet", path=str(repository)).fingerprint


@pytest.mark.usefixtures("library")
def test_a_wrong_column_is_named(repository: Path) -> None:
    with pytest.raises(DataCorrupt, match=r"image: unknown column 'img'; did you mean image\?"):
        load("huggingface", repository=str(repository), image="img")


@pytest.mark.usefixtures("library")
def test_a_repository_that_cannot_be_had_is_missing_with_another_way() -> None:
    with pytest.raises(DataMissing, match=r"nobody/nothing cannot be had: .*parquet\[path=DIR\]"):
        load("huggingface", repository="nobody/nothing")


def test_without_the_library_it_says_how_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(DataMissing, match=r"pip install datasets; or download the parquet files .*parquet\[path=DIR\]"):
        load("huggingface", repository="ylecun/mnist")
