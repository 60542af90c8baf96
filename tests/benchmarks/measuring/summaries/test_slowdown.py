"""Computation under attack, worked out by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from benchmarks.measuring.summaries.slowdown import exit_efficacy, slowdown_columns, slowdown_rates


def slowed(*rows: tuple[str, float, int, int, int], note: str = "") -> pd.DataFrame:
    """Rows of goal, epsilon, label, prediction and MACs, of a network of 100 at most."""
    table = pd.DataFrame(rows, columns=["goal", "epsilon", "label", "prediction", "macs"])
    return table.assign(nominal=100, tries=8, note=note)


TABLE = slowed(
    ("none", 0.0, 1, 1, 20),
    ("none", 0.0, 2, 2, 60),
    ("cost", 0.1, 1, 0, 80),
    ("cost", 0.1, 2, 2, 100),
    ("lost", 0.1, 1, 0, 60),
    ("lost", 0.1, 2, 0, 60),
)


def test_rates_are_relative_to_the_nominal_and_to_the_clean_cost() -> None:
    rates = slowdown_rates(TABLE).set_index("goal")
    assert rates["share"].to_dict() == pytest.approx({"none": 0.4, "cost": 0.9, "lost": 0.6})
    # saved on clean images: 1 - 0.4; the attack takes back 0.9 - 0.4 and 0.6 - 0.4 of it
    assert rates["undone"].to_dict() == pytest.approx({"none": 0.0, "cost": 5 / 6, "lost": 1 / 3})
    assert rates["growth"].to_dict() == pytest.approx({"none": 1.0, "cost": 2.25, "lost": 1.5})
    assert rates["at_nominal"].to_dict() == {"none": 0.0, "cost": 0.5, "lost": 0.0}
    assert rates["accuracy"].to_dict() == {"none": 1.0, "cost": 0.5, "lost": 0.0}
    # deviation 0.1 over 2 images: 1.96 * 0.1 / sqrt(2), and no share above 1
    assert rates["share_low"]["cost"] == pytest.approx(0.9 - 0.1386, abs=1e-4)
    assert rates["share_high"]["cost"] == 1.0


def test_efficacy_is_the_area_under_the_share_of_answered_images() -> None:
    # nobody until 0.2; half of them until 0.6; then all: 0.4 * 0.5 + 0.4 * 1
    assert exit_efficacy(pd.Series([0.2, 0.6])) == pytest.approx(0.6)
    assert exit_efficacy(pd.Series([1.0, 1.0])) == 0.0
    assert exit_efficacy(pd.Series([0.2, 0.6, 0.6, 1.0])) == pytest.approx(1 - (0.2 + 0.6 + 0.6 + 1.0) / 4)


def test_where_routing_saves_nothing_nothing_is_undone() -> None:
    rates = slowdown_rates(slowed(("none", 0.0, 1, 1, 100), ("cost", 0.1, 1, 1, 100)))
    assert all(math.isnan(value) for value in rates["undone"])


def test_columns_are_those_of_the_headline_setting() -> None:
    rows = pd.DataFrame({"headline": [True, False]}, index=pd.Index(["default", "other"], name="setting"))
    columns = slowdown_columns(TABLE, rows)
    assert list(columns) == ["slowdown_0.1"]
    assert columns["slowdown_0.1"].iloc[0] == pytest.approx(0.9)
    assert columns.loc["other"].isna().all()


def test_a_network_that_was_not_attacked_has_no_columns() -> None:
    rows = pd.DataFrame({"headline": [True]}, index=["default"])
    assert slowdown_columns(slowed(("none", 0.0, 1, 1, 100), note="every image takes the same route"), rows).empty
