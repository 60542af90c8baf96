"""Who trains, who is held out, and how many."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.data.sources.dividing import hold_out_of_each_class, validation_share
from benchmarks.data.sources.parts import part_of
from benchmarks.data.splitting import stratified_order


@pytest.mark.parametrize(
    ("training", "held"),
    [(40, 10), (400, 100), (2_000, 500), (5_000, 500), (50_000, 5_000), (100_000, 10_000), (1_281_167, 10_000)],
)
def test_a_tenth_is_held_out_with_a_floor_and_a_ceiling(training: int, held: int) -> None:
    """At least 500 images, at most 10,000, and never more than a quarter."""
    assert round(validation_share(training) * training) == held


def test_each_class_gives_its_share_and_at_least_one_image() -> None:
    labels = np.repeat([0, 1, 2], [400, 100, 3])
    rest, held = hold_out_of_each_class(labels, stratified_order(labels), 0.02)
    assert np.bincount(labels[held]).tolist() == [8, 2, 1]
    assert sorted([*rest, *held]) == list(range(503))


def test_a_class_keeps_its_only_image_for_training() -> None:
    labels = np.array([0, 0, 0, 0, 1])
    rest, held = hold_out_of_each_class(labels, np.arange(5), 0.9)
    assert labels[rest].tolist() == [0, 1]
    assert len(held) == 3


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("train-00000-of-00002.parquet", "train"),
        ("my_val.parquet", "validation"),
        ("Valid", "validation"),
        ("test.parquet", "test"),
        ("latest.parquet", None),
        ("trains", None),
        ("contest-eval.parquet", "test"),
    ],
)
def test_a_part_is_a_word_of_its_own_in_a_name(name: str, part: str | None) -> None:
    assert part_of(name) == part
