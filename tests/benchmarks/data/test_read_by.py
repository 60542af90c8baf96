"""Files that several processes decode, each its part of every batch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks import data
from benchmarks.data.sources.decoding import LazySplit, _Samples


@pytest.fixture
def files(tmp_path: Path) -> LazySplit:
    """20 images of noise in each of two classes."""
    random = np.random.default_rng(3)
    for folder in ("train/cat", "train/dog", "val/cat", "val/dog"):
        (tmp_path / folder).mkdir(parents=True)
        for index in range(20):
            pixels = random.integers(0, 256, (12, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / folder / f"{index:02}.png")
    split = data.load("imagefolder", data_root=tmp_path, crop=8, in_memory=False, workers=0).train
    assert isinstance(split, LazySplit)
    return split


def test_two_readers_decode_together_what_one_decodes(files: LazySplit) -> None:
    def batches(split: LazySplit) -> list[tuple[torch.Tensor, ...]]:
        order = torch.Generator().manual_seed(7)
        return list(split.batches(8, generator=order, augment=True, drop_last=True))

    whole, first, second = batches(files), batches(files.read_by(0, 2)), batches(files.read_by(1, 2))
    assert len(whole) == len(first) == len(second) == len(files) // 8
    for (images, *facts), (upper, *mine), (lower, *others) in zip(whole, first, second, strict=True):
        assert torch.equal(torch.cat([upper, lower]), images)
        assert len(upper) == 4
        for one, two, three in zip(facts, mine, others, strict=True):
            assert torch.equal(one, two)
            assert torch.equal(one, three)


def test_a_reader_decodes_its_own_images_only(files: LazySplit, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[int] = []
    decode = _Samples.__getitem__

    def counted(samples: _Samples, place: int) -> object:
        decoded.append(place)
        return decode(samples, place)

    monkeypatch.setattr(_Samples, "__getitem__", counted)
    (batch,) = files.take(8).read_by(1, 2).batches(8)
    assert decoded == [4, 5, 6, 7]
    assert batch.indices.tolist() == list(range(8))
