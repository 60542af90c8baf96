"""Accuracy and cost on corrupted images, worked out by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from benchmarks.measuring.summaries.corruptions import corruption_columns, corruption_rates, rank_correlation


def shown(*rows: tuple[str, int, int, int, int]) -> pd.DataFrame:
    columns = ["corruption", "severity", "label", "prediction", "macs"]
    return pd.DataFrame(rows, columns=columns).assign(source="RouteBench")


TABLE = shown(
    ("none", 0, 1, 1, 100),
    ("none", 0, 2, 2, 300),
    ("noise", 1, 1, 1, 200),
    ("noise", 1, 2, 2, 300),
    ("noise", 5, 1, 0, 300),
    ("noise", 5, 2, 2, 300),
    ("blur", 1, 1, 1, 200),
    ("blur", 1, 2, 0, 240),
    ("blur", 5, 1, 0, 400),
    ("blur", 5, 2, 0, 400),
)


def test_rates_are_shares_of_images_with_their_cost_beside_that_of_the_clean_ones() -> None:
    rates = corruption_rates(TABLE)
    assert list(zip(rates["corruption"], rates["severity"], strict=True)) == [
        *(("none", 0), ("noise", 1), ("noise", 5), ("blur", 1), ("blur", 5)),
    ]
    assert rates["images"].tolist() == [2] * 5
    assert rates["accuracy"].tolist() == [1.0, 1.0, 0.5, 0.5, 0.0]
    assert rates["relative"].tolist() == pytest.approx([1.0, 1.25, 1.5, 1.1, 2.0])
    # Wilson's interval of 1 in 2, with z² = 3.8415: 1/2 ± z sqrt(1/8 + z²/16) / (1 + z²/2)
    assert (rates["low"].iloc[2], rates["high"].iloc[2]) == pytest.approx((0.0945, 0.9055), abs=5e-5)


def test_the_correlation_is_of_ranks_over_corruptions_and_severities() -> None:
    # errors 0 .5 .5 1 have ranks 1 2.5 2.5 4, costs 1.25 1.5 1.1 2 ranks 2 3 1 4: sums of products of deviations
    # -1.5 -.5, 0 .5, 0 -1.5, 1.5 1.5 are .75 + 2.25 = 3; of squares 4.5 and 5
    value, pairs = rank_correlation(corruption_rates(TABLE))
    assert value == pytest.approx(3 / math.sqrt(4.5 * 5))
    assert pairs == 4


def test_the_correlation_is_one_where_harder_images_cost_more_and_minus_one_where_they_cost_less() -> None:
    rates = pd.DataFrame({"severity": [1, 2, 3], "accuracy": [0.9, 0.5, 0.1], "relative": [1.0, 1.1, 3.0]})
    assert rank_correlation(rates)[0] == pytest.approx(1)
    assert rank_correlation(rates.assign(relative=[1.2, 1.1, 1.0]))[0] == pytest.approx(-1)


@pytest.mark.parametrize(
    ("accuracies", "costs"),
    [([0.9, 0.5, 0.1], [1.0, 1.0, 1.0]), ([0.9, 0.9, 0.9], [1.0, 1.1, 1.2]), ([0.9, 0.5], [1.0, 1.1])],
)
def test_without_a_spread_or_a_third_pair_there_is_no_correlation(accuracies: list[float], costs: list[float]) -> None:
    rates = pd.DataFrame({"severity": 1, "accuracy": accuracies, "relative": costs})
    value, pairs = rank_correlation(rates)
    assert math.isnan(value)
    assert pairs == len(costs)


def test_the_summary_has_means_over_corruptions_at_the_headline_setting() -> None:
    rows = pd.DataFrame({"headline": [True, False]}, index=["knee", "full"])
    columns = corruption_columns(TABLE, rows)
    assert columns.loc["full"].isna().all()
    headline = columns.loc["knee"].to_dict()
    assert headline.pop("corrupted_correlation") == pytest.approx(3 / math.sqrt(4.5 * 5))
    assert headline == pytest.approx(
        {
            "corrupted_means": 4,
            "corrupted_accuracy_1": 0.75,
            "corrupted_relative_1": 1.175,
            "corrupted_accuracy_5": 0.25,
            "corrupted_relative_5": 1.75,
        }
    )
