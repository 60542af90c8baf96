"""What routes know, worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.benchmarks.reporting.numbers.information import explained, information, rank_correlation

CLASSES = pd.Series([0, 0, 1, 1])


def test_information_is_less_what_chance_makes() -> None:
    found = information(pd.Series(["10", "10", "11", "11"]), CLASSES)
    # one bit, which eight of the 24 permutations have too; the others have none
    assert (found.bits, found.most) == pytest.approx((1 - 1 / 3, 1))
    assert abs(found.p - 1 / 3) < found.p.within
    assert 0.1 < found.bits.within < 0.2  # six errors of a mean of 400: each is 0.47 / 20


def test_what_classes_explain_may_be_less_than_nothing() -> None:
    used = pd.DataFrame({"always": [True] * 4, "class": [True, True, False, False], "other": [True, False] * 2})
    # within classes, the last one differs as much as in all: F is 0
    assert explained(used, CLASSES) == pytest.approx([0, 1, -1 / 3])


def test_rank_correlation() -> None:
    assert rank_correlation(np.array([1.0, 2.0, 3.0, 9.0])) == pytest.approx((1, 2 / 24))
    # 1 - 6 * 4 / (4 * 15); of 24 orders one has 1, three .8 and one .6, and as many their opposites
    assert rank_correlation(np.array([2.0, 1.0, 4.0, 3.0])) == pytest.approx((0.6, 10 / 24))
