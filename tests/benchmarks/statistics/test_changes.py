"""Changes from one study to another, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.statistics import changes, changes_of_seeds, on_these_images


def values(*seeds: str) -> NDArray[np.float64]:
    """One network in one study: a text per seed, `1` where it is right."""
    return np.array([[float(digit) for digit in seed] for seed in seeds])


def test_only_images_with_another_answer_count_where_they_are_the_same() -> None:
    a, b = values("1" * 6 + "0" * 4), values("1" * 5 + "0" * 5)
    same, other = changes([(a, b)]), changes([(a, b)], same_images=False)
    assert same.accuracy == other.accuracy == pytest.approx([-0.1])
    # one of ten images by -1: variance (1 - 10 * .01) / 9 = .1, of the mean .01
    assert same.image_covariance == pytest.approx(np.array([[0.01]]))
    # 6 and 5 of 10 right: .24 * 10 / 9 and .25 * 10 / 9, of the means a tenth
    assert other.image_covariance == pytest.approx(np.array([[0.49 / 9]]))
    assert same.seed_variance is other.seed_variance is None
    assert same.of_seeds == pytest.approx([0])


def test_a_networks_variance_over_seeds_is_pooled_over_both_studies() -> None:
    a = values("1" * 9 + "0", "1" * 7 + "000", "1" * 8 + "00")  # .9, .7, .8: squares sum to .02
    b = values("1" * 6 + "0" * 4, "1" * 8 + "00")  # .6, .8: .02
    found = changes([(a, b)])
    assert found.df.tolist() == [3]
    assert found.seeds == pytest.approx([1 / (1 / 3 + 1 / 2)])
    assert found.of_seeds == pytest.approx([0.04 / 3 * (1 / 3 + 1 / 2)])


def test_a_further_study_tells_how_much_a_network_of_one_seed_varies() -> None:
    a, b = values("1" * 9 + "0"), values("1" * 7 + "000")
    third = values("1" * 9 + "0", "1" * 7 + "000", "1" * 8 + "00")  # squares sum to .02, with two degrees of freedom
    found = changes([(a, b)], others=[[third]])
    assert found.df.tolist() == [2]
    assert found.of_seeds == pytest.approx([0.02 / 2 * (1 + 1)])
    assert found.accuracy == pytest.approx([-0.2])


def test_what_a_seed_has_in_common_cancels_where_it_was_made_twice() -> None:
    a = values("1" * 9 + "0", "1" * 5 + "0" * 5)
    b = values("0" + "1" * 8 + "0", "00" + "1" * 3 + "0" * 5)  # one image fewer, and two
    found = changes_of_seeds([(a, b)])
    assert found.accuracy == pytest.approx([-0.15])
    # changes of -.1 and -.2: variance .005, of the mean of two .0025
    assert found.of_seeds == pytest.approx([0.0025])
    assert changes([(a, b)]).of_seeds > 10 * found.of_seeds


def test_networks_that_change_on_the_same_images_share_that_part() -> None:
    a, b, c = values("1" * 10), values("0" + "1" * 9), values("1" * 9 + "0")
    found = changes([(a, b), (a, b), (a, c)]).image_covariance
    assert found[0, 1] == pytest.approx(found[0, 0])
    assert found[0, 2] < 0


def test_on_these_images_only_seeds_are_left_to_chance() -> None:
    a, b = values("1100", "1000"), values("1000", "1110")
    found = on_these_images(changes([(a, b)]))
    assert found.image_covariance == pytest.approx(np.zeros((1, 1)))
    assert found.of_seeds == pytest.approx(changes([(a, b)]).of_seeds)
