"""Test images beside the results: which, and that a page can trust them."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.data import Augmentation, Dataset, DatasetInfo
from benchmarks.data.splitting import hold_out
from benchmarks.records.files import Damaged
from benchmarks.records.sample_images import (
    FACTS,
    MOST_BYTES,
    PICTURE,
    read_sample_images,
    remove_sample_images,
    write_sample_images,
)

GREY = DatasetInfo(
    name="bars",
    title="Bars",
    shape=(1, 2, 4),
    classes=("dark", "bright"),
    mean=(0.5,),
    std=(0.5,),
    preset="tiny",
    epsilons=(0.1,),
    augmentation=Augmentation(),
    source="made by hand",
)


def bars(count: int, info: DatasetInfo = GREY) -> Dataset:
    """Images of one shade each: 0, 20, 40, ..."""
    labels = np.arange(count) % 2
    shades = (20 * np.arange(count) % 256).astype(np.uint8)
    images = np.broadcast_to(shades[:, None, None, None], (count, *info.shape)).copy()
    return hold_out(info, (images, labels), (images, labels), validation=2)


def test_images_stand_in_the_order_of_the_test_split(tmp_path: Path) -> None:
    dataset = bars(7)
    assert write_sample_images(tmp_path, dataset)
    found = read_sample_images(tmp_path)
    assert found is not None
    assert (found.count, found.columns, found.height, found.width) == (7, 2, 2, 4)  # ceil(sqrt(7 * 2 / 4)) columns
    assert found.classes == ("dark", "bright")
    pixels = np.asarray(Image.open(BytesIO(found.picture)))
    assert pixels.shape == (8, 8)
    (batch,) = dataset.test.batches(7)
    shades = (255 * batch.images[:, 0, 0, 0]).round().int().tolist()
    assert [int(pixels[2 * (n // 2), 4 * (n % 2)]) for n in range(7)] == shades
    assert int(pixels[6, 4]) == 0  # no eighth image


def test_large_images_become_small_so_that_there_are_many(tmp_path: Path) -> None:
    large = replace(GREY, shape=(3, 200, 100), mean=(0.5,) * 3, std=(0.5,) * 3)
    write_sample_images(tmp_path, bars(9, large))
    found = read_sample_images(tmp_path)
    assert found is not None
    assert (found.count, found.height, found.width) == (9, 48, 24)
    shown = np.asarray(Image.open(BytesIO(found.picture)))
    (batch,) = bars(9, large).test.batches(9)
    assert shown[0, 0].tolist() == [round(255 * float(batch.images[0, 0, 0, 0]))] * 3


def test_no_more_images_than_a_page_can_carry(tmp_path: Path) -> None:
    photographs = replace(GREY, shape=(3, 48, 48), mean=(0.5,) * 3, std=(0.5,) * 3)
    write_sample_images(tmp_path, bars(300, photographs))
    found = read_sample_images(tmp_path)
    assert found is not None
    assert found.count == MOST_BYTES // (3 * 48 * 48) == 217


def test_what_is_no_picture_has_none(tmp_path: Path) -> None:
    assert not write_sample_images(tmp_path, bars(4, replace(GREY, shape=(2, 4, 4), mean=(0.5,) * 2, std=(0.5,) * 2)))
    assert read_sample_images(tmp_path) is None


def test_a_damaged_picture_is_named_and_made_again(tmp_path: Path) -> None:
    write_sample_images(tmp_path, bars(7))
    whole = (tmp_path / PICTURE).read_bytes()
    (tmp_path / PICTURE).write_bytes(whole[:-5] + b"\0" + whole[-4:])
    with pytest.raises(Damaged, match=PICTURE):
        read_sample_images(tmp_path)
    write_sample_images(tmp_path, bars(7))
    assert (tmp_path / PICTURE).read_bytes() == whole


@pytest.mark.parametrize("name", [PICTURE, FACTS])
def test_a_file_that_is_missing_is_made_again(name: str, tmp_path: Path) -> None:
    write_sample_images(tmp_path, bars(7))
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).unlink()
    write_sample_images(tmp_path, bars(7))
    assert (tmp_path / name).read_bytes() == whole


def test_images_of_other_data_are_replaced_and_those_of_the_same_are_left(tmp_path: Path) -> None:
    write_sample_images(tmp_path, bars(7))
    written = (tmp_path / PICTURE).stat().st_mtime_ns
    write_sample_images(tmp_path, bars(7))
    assert (tmp_path / PICTURE).stat().st_mtime_ns == written
    write_sample_images(tmp_path, bars(8))
    found = read_sample_images(tmp_path)
    assert found is not None
    assert found.count == 8


def test_who_may_not_pass_them_on_removes_them(tmp_path: Path) -> None:
    write_sample_images(tmp_path, bars(7))
    remove_sample_images(tmp_path)
    remove_sample_images(tmp_path)
    assert list(tmp_path.iterdir()) == []
