"""Calibration, worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from benchmarks.measuring.summaries.accuracy import calibration_bins, calibration_error


def test_calibration_error_of_one_bin_is_confidence_less_accuracy() -> None:
    assert calibration_error(pd.Series([0.9] * 4), pd.Series([True, True, True, False])) == pytest.approx(0.15)


def test_calibration_error_weighs_bins_by_their_samples() -> None:
    # three samples in the bin (14/15, 1] are off by |0.96 - 2/3|, one in (7/15, 8/15] by |0.5 - 1|
    confidence, correct = pd.Series([0.96, 0.96, 0.96, 0.5]), pd.Series([True, True, False, True])
    assert calibration_error(confidence, correct) == pytest.approx((3 * (0.96 - 2 / 3) + 1 * 0.5) / 4)


def test_errors_in_different_bins_do_not_cancel() -> None:
    confidence, correct = pd.Series([0.5, 1.0]), pd.Series([True, False])
    assert calibration_error(confidence, correct) == pytest.approx((0.5 + 1.0) / 2)


def test_a_confidence_of_zero_or_one_has_a_bin() -> None:
    assert calibration_error(pd.Series([0.0, 1.0]), pd.Series([False, True])) == 0


def test_a_confidence_on_an_edge_is_in_the_bin_below_it() -> None:
    # 1/2 is within the eighth of 15 bins; 0.2 and 0.4 are the upper edges of the third and of the sixth
    assert calibration_bins(pd.Series([0.0, 0.2, 0.2001, 0.4, 0.5, 1.0])).tolist() == [0, 2, 3, 5, 7, 14]
