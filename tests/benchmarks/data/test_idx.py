"""The IDX reader, on files made byte by byte."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from benchmarks.data import DataCorrupt
from benchmarks.data.idx import check_pair, parse_images, parse_labels, read_bytes

TWO_IMAGES = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 10, 11, 12, 20, 21, 22])
TWO_LABELS = bytes([0, 0, 8, 1, 0, 0, 0, 2, 9, 0])


def test_images_are_read_row_by_row() -> None:
    assert parse_images(TWO_IMAGES, "file").tolist() == [[[[10, 11, 12]]], [[[20, 21, 22]]]]


def test_labels_are_read() -> None:
    assert parse_labels(TWO_LABELS, "file", classes=10).tolist() == [9, 0]


def test_gzipped_and_plain_files_hold_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(TWO_IMAGES)
    (tmp_path / "packed.gz").write_bytes(gzip.compress(TWO_IMAGES))
    assert read_bytes(tmp_path / "plain") == read_bytes(tmp_path / "packed.gz") == TWO_IMAGES


def test_labels_are_no_images() -> None:
    with pytest.raises(DataCorrupt, match="name is not IDX bytes: magic number 0x00000801, expected 0x00000803"):
        parse_images(TWO_LABELS + bytes(8), "name")


def test_another_type_of_number_is_refused() -> None:
    with pytest.raises(DataCorrupt, match="magic number 0x00000d01, expected 0x00000801"):
        parse_labels(bytes([0, 0, 0x0D, 1]) + TWO_LABELS[4:], "name", classes=10)


@pytest.mark.parametrize("content", [TWO_IMAGES[:-1], TWO_IMAGES + b"\0"], ids=["short", "long"])
def test_sizes_must_match_the_number_of_bytes(content: bytes) -> None:
    with pytest.raises(DataCorrupt, match=r"name is damaged: \[2, 1, 3\] needs 6 bytes, not [57]"):
        parse_images(content, "name")


@pytest.mark.parametrize("length", [0, 3, 15])
def test_a_file_shorter_than_its_header_is_refused(length: int) -> None:
    with pytest.raises(DataCorrupt, match="too few for an IDX header"):
        parse_images(TWO_IMAGES[:length], "name")


def test_a_label_beyond_the_classes_is_refused() -> None:
    with pytest.raises(DataCorrupt, match="name holds the label 9; the last class is 8"):
        parse_labels(TWO_LABELS, "name", classes=9)


def test_images_without_labels_are_refused() -> None:
    with pytest.raises(DataCorrupt, match="name holds 2 images for 1 labels"):
        check_pair(parse_images(TWO_IMAGES, "name"), np.zeros(1, dtype=np.int64), "name")


@pytest.mark.parametrize("keep", [5, 20, -1], ids=["header", "content", "length"])
def test_a_truncated_gzip_file_is_named(tmp_path: Path, keep: int) -> None:
    file = tmp_path / "labels.gz"
    file.write_bytes(gzip.compress(TWO_LABELS)[:keep])
    with pytest.raises(DataCorrupt, match=r"labels\.gz is damaged"):
        read_bytes(file)


def test_a_gzip_file_with_a_flipped_bit_is_named(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(bytes(range(256)) * 8))
    content[len(content) // 2] ^= 1
    (tmp_path / "images.gz").write_bytes(content)
    with pytest.raises(DataCorrupt, match=r"images\.gz is damaged"):
        read_bytes(tmp_path / "images.gz")
