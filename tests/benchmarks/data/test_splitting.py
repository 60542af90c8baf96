"""Stratified orders, and splits made of them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.data import Augmentation, DatasetInfo
from benchmarks.data.splitting import Labels, hold_out, split_arrays, stratified_order

UNEVEN = np.repeat(np.arange(3), [600, 300, 100])
INFO = DatasetInfo(
    name="numbered",
    title="Numbered pixels",
    shape=(1, 1, 2),
    classes=("a", "b", "c"),
    mean=(0.0,),
    std=(1.0,),
    preset="tiny",
    epsilons=(0.1,),
    augmentation=Augmentation(),
    source="each image holds its own number, in two bytes",
)


def numbered(labels: Labels) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.uint8]], Labels]:
    images = np.arange(len(labels), dtype=np.uint16).view(np.uint8).reshape(-1, 1, 1, 2)
    return images, labels


def test_an_order_holds_every_position_once() -> None:
    assert sorted(stratified_order(UNEVEN)) == list(range(1_000))


@pytest.mark.parametrize("prefix", [10, 100, 500, 990])
def test_a_prefix_has_exactly_the_class_shares_where_they_are_whole(prefix: int) -> None:
    counts = np.bincount(UNEVEN[stratified_order(UNEVEN)[:prefix]], minlength=3)
    assert counts.tolist() == [prefix * 6 // 10, prefix * 3 // 10, prefix // 10]


def test_any_prefix_has_nearly_the_class_shares() -> None:
    ordered = UNEVEN[stratified_order(UNEVEN)]
    shares = np.array([0.6, 0.3, 0.1])
    counts = np.cumsum(np.eye(3)[ordered], axis=0)
    expected = np.arange(1, 1_001)[:, None] * shares
    assert np.abs(counts - expected).max() <= 2


def test_classes_are_not_in_turns() -> None:
    even = np.repeat(np.arange(10), 100)
    ordered = even[stratified_order(even)].reshape(-1, 10)
    assert len({tuple(block) for block in ordered}) > 90


def test_an_order_is_a_shuffle_within_a_class() -> None:
    order = stratified_order(np.zeros(1_000, dtype=np.int64))
    rising = np.diff(order) > 0
    assert 0.4 < rising.mean() < 0.6


def test_the_order_is_the_same_on_every_machine() -> None:
    """Drawn with NumPy 2.4 on x86-64; `RandomState` promises never to change it."""
    assert stratified_order(np.repeat(np.arange(2), 4)).tolist() == [6, 1, 0, 4, 3, 5, 2, 7]


def test_a_pool_is_split_into_the_sizes_asked_for() -> None:
    dataset = split_arrays(INFO, *numbered(UNEVEN), validation=100, test=200)
    assert [len(split) for split in (dataset.train, dataset.validation, dataset.test)] == [700, 100, 200]


def test_no_sample_of_a_pool_is_in_two_splits() -> None:
    dataset = split_arrays(INFO, *numbered(UNEVEN), validation=100, test=200)
    seen: list[int] = []
    for split in (dataset.train, dataset.validation, dataset.test):
        images = (next(split.batches(1_000)).images * 255).round().long()
        seen += (images[..., 0] + 256 * images[..., 1]).flatten().tolist()
    assert sorted(seen) == list(range(1_000))


def test_labels_stay_with_their_images() -> None:
    dataset = split_arrays(INFO, *numbered(UNEVEN), validation=100, test=200)
    batch = next(dataset.validation.batches(1_000))
    images = (batch.images * 255).round().long()
    numbers = (images[..., 0] + 256 * images[..., 1]).flatten().numpy()
    assert UNEVEN[numbers].tolist() == batch.labels.tolist()


def test_holding_out_leaves_the_official_test_split_whole() -> None:
    dataset = hold_out(INFO, numbered(UNEVEN), numbered(UNEVEN[:50]), validation=100)
    assert [len(split) for split in (dataset.train, dataset.validation, dataset.test)] == [900, 100, 50]


def test_a_changed_pixel_changes_the_fingerprint() -> None:
    images, labels = numbered(UNEVEN)
    before = split_arrays(INFO, images, labels, validation=100, test=200).fingerprint
    images[3] += 1
    assert split_arrays(INFO, images, labels, validation=100, test=200).fingerprint != before


def test_a_changed_split_changes_the_fingerprint() -> None:
    images, labels = numbered(UNEVEN)
    marks = {split_arrays(INFO, images, labels, validation=n, test=200).fingerprint for n in (100, 101)}
    assert len(marks) == 2
