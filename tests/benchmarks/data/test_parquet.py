"""Parquet files: columns, names of classes, parts, shards, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from benchmarks.data import DataCorrupt, DataMissing, Dataset, load
from benchmarks.data.sources import rows
from tests.benchmarks.data.conftest import jpeg, write_parquet

COUNT = 60
NAMES = tuple(f"digit {digit}" for digit in range(10))


@pytest.fixture(scope="module")
def encoded(mnist5k: Dataset) -> tuple[list[bytes], list[int]]:
    """60 real digits as grey JPEG files of 28 x 28 pixels, and their labels."""
    batch = next(mnist5k.train.batches(COUNT))
    images = [Image.fromarray(image[0].mul(255).byte().numpy()) for image in batch.images]
    return [jpeg(image) for image in images], batch.labels.tolist()


@pytest.fixture
def file(tmp_path: Path, encoded: tuple[list[bytes], list[int]]) -> Path:
    """One file with names of classes."""
    return write_parquet(tmp_path / "digits.parquet", *encoded, NAMES)


def of(path: Path, **options: Any) -> Dataset:
    return load("parquet", path=str(path), **options)


def test_columns_and_names_of_classes_are_found(file: Path) -> None:
    info = of(file).info
    assert (info.shape, info.classes) == ((1, 28, 28), NAMES)


def test_one_file_is_divided_in_three(file: Path) -> None:
    """Of six digits of each kind, one is for testing; of the five others, one for validation."""
    dataset = of(file, test_share=0.2, validation_share=0.25)
    assert [len(split) for split in (dataset.train, dataset.validation, dataset.test)] == [40, 10, 10]


def test_images_come_with_their_labels(file: Path, encoded: tuple[list[bytes], list[int]], tmp_path: Path) -> None:
    (tmp_path / "one.jpg").write_bytes(encoded[0][17])
    with Image.open(tmp_path / "one.jpg") as image:
        expected = torch.from_numpy(np.asarray(image).copy()).float()[None] / 255
    dataset = of(file)
    batches = [next(split.batches(COUNT)) for split in (dataset.train, dataset.validation, dataset.test)]
    labels = [int(k) for batch in batches for x, k in zip(batch.images, batch.labels, strict=True) if x.equal(expected)]
    assert labels == [encoded[1][17]]


def test_files_are_parts_by_their_names_and_shards_go_together(
    tmp_path: Path, encoded: tuple[list[bytes], list[int]]
) -> None:
    images, labels = encoded
    folder = tmp_path / "data"
    for name, part in (
        ("train-00000-of-00002", slice(0, 20)),
        ("train-00001-of-00002", slice(20, 40)),
        ("validation-00000-of-00001", slice(40, 50)),
        ("test-00000-of-00001", slice(50, 60)),
    ):
        write_parquet(folder / f"{name}.parquet", images[part], labels[part], NAMES)
    dataset = of(tmp_path)
    assert [len(split) for split in (dataset.train, dataset.validation, dataset.test)] == [40, 10, 10]
    assert sorted(dataset.test.labels.tolist()) == sorted(labels[50:])
    (folder / "train-00001-of-00002.parquet").unlink()
    with pytest.raises(DataMissing, match=r"train-00001-of-00002.parquet is not there, though train-00000"):
        of(tmp_path)


def test_plain_bytes_and_words_are_images_and_labels_too(
    tmp_path: Path, encoded: tuple[list[bytes], list[int]]
) -> None:
    images, labels = encoded
    words = [NAMES[label] for label in labels]
    table = pa.table({"id": range(COUNT), "picture": pa.array(images, pa.large_binary()), "kind": words})
    pq.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(DataCorrupt, match="several columns may hold the labels, id and kind; say which with label="):
        of(tmp_path)
    assert of(tmp_path, label="kind").info.classes == NAMES


def test_the_layout_in_memory_and_on_disk_gives_the_same_pixels(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = next(of(file, in_memory=True).test.batches(10)).images
    assert torch.equal(next(of(file, in_memory=False, workers=0).test.batches(10)).images, held)
    monkeypatch.setattr(rows, "IN_MEMORY", 0)
    assert torch.equal(next(of(file, in_memory=False, workers=0).test.batches(10)).images, held)
    assert torch.equal(next(of(file, in_memory=False, workers=2).test.batches(10)).images, held)


def rewrite(file: Path, change: Callable[[dict[str, list[object]]], None]) -> None:
    columns = pq.read_table(file).to_pydict()
    change(columns)
    pq.write_table(pa.table(columns), file)


def broken(columns: dict[str, list[object]]) -> None:
    columns["image"][41] = {"bytes": b"\xff\xd8no image", "path": None}


def truncated(columns: dict[str, list[object]]) -> None:
    content = columns["image"][41]["bytes"]  # type: ignore[index]
    columns["image"][41] = {"bytes": content[:200], "path": None}


def by_path(columns: dict[str, list[object]]) -> None:
    columns["image"][41] = {"bytes": None, "path": "41.jpg"}


def unlabelled(columns: dict[str, list[object]]) -> None:
    columns["label"][41] = None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (broken, r"digits\.parquet, row 41, column image cannot be read as an image: of no known kind"),
        (truncated, r"digits\.parquet, row 41, column image cannot be read as an image: Truncated"),
        (by_path, r"digits\.parquet, row 41, column image cannot be read as an image: it has no bytes"),
        (unlabelled, r"digits\.parquet, row 41 has no label"),
    ],
)
def test_a_damaged_row_is_named(file: Path, change: Callable[[dict[str, list[object]]], None], message: str) -> None:
    rewrite(file, change)
    with pytest.raises(DataCorrupt, match=message):
        of(file)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image": "img"}, r"image: unknown column 'img'; did you mean image\? \(valid: image, label\)"),
        ({"label": "image"}, r"column image is struct.*, no labels; columns: image \(struct\), label \(int64\)"),
        ({"image": "label"}, r"column label is int64, no encoded images; columns: image \(struct\), label \(int64\)"),
    ],
)
def test_a_wrong_column_is_answered_with_those_that_there_are(
    file: Path, options: dict[str, str], message: str
) -> None:
    with pytest.raises(DataCorrupt, match=message):
        of(file, **options)


def test_a_table_without_images_lists_its_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"], "label": [0]}), tmp_path / "x.parquet")
    with pytest.raises(
        DataCorrupt, match=r"no column holds images; say which.*columns: text \(string\), label \(int64\)"
    ):
        of(tmp_path)


def test_a_label_beyond_the_names_is_named(tmp_path: Path, encoded: tuple[list[bytes], list[int]]) -> None:
    write_parquet(tmp_path / "x.parquet", encoded[0], [*encoded[1][:-1], 10], NAMES)
    with pytest.raises(DataCorrupt, match=r"x\.parquet, row 59: label 10, of 10 classes: no such class"):
        of(tmp_path)


def test_a_part_without_labels_is_named(tmp_path: Path, encoded: tuple[list[bytes], list[int]]) -> None:
    write_parquet(tmp_path / "train.parquet", *encoded, NAMES)
    write_parquet(tmp_path / "test.parquet", encoded[0], [-1] * COUNT, NAMES)
    with pytest.raises(DataCorrupt, match=r"test\.parquet, row 0: label -1.*leave this part out"):
        of(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet" * 100])
def test_a_file_that_is_no_parquet_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.parquet").write_bytes(content)
    with pytest.raises(DataCorrupt, match=r"x\.parquet cannot be read as parquet"):
        of(tmp_path)


def test_a_page_that_is_damaged_is_named(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[200:2_000] = bytes(1_800)
    file.write_bytes(content)
    with pytest.raises(DataCorrupt, match=r"digits\.parquet"):
        of(file)


def test_a_file_of_no_part_among_parts_is_named(tmp_path: Path, encoded: tuple[list[bytes], list[int]]) -> None:
    for name in ("train", "test", "more"):
        write_parquet(tmp_path / f"{name}.parquet", *encoded, NAMES)
    with pytest.raises(DataCorrupt, match=r"more\.parquet is of no part, others are"):
        of(tmp_path)


def test_a_folder_without_parquet_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"has no files \*\.parquet"):
        of(tmp_path)


def test_a_later_image_in_colour_among_grey_ones_is_named(tmp_path: Path, mnist5k: Dataset) -> None:
    batch = next(mnist5k.train.batches(700))
    images = [jpeg(Image.fromarray(image[0].mul(255).byte().numpy())) for image in batch.images]
    images[1] = jpeg(Image.new("RGB", (28, 28), (200, 0, 0)))
    write_parquet(tmp_path / "x.parquet", images, batch.labels.tolist())
    with pytest.raises(DataCorrupt, match="row 1, column image is in colour, others are grey; give channels=3"):
        of(tmp_path)
    assert of(tmp_path, channels=3).info.shape == (3, 28, 28)
