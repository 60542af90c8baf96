"""Texts with numbers in them: what fits, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.benchmarks.reporting.numbers.saying import (
    STALE,
    Cell,
    Column,
    Estimate,
    Mark,
    Says,
    Table,
    duration,
    is_rounding,
    joined,
    number,
    says,
    with_best,
)


@pytest.mark.parametrize(
    ("shown", "value"),
    [
        ("98.2", 98.15),
        ("98.2", 98.2499),
        ("1,000", 1000),
        ("−0.4", -0.44),
        ("+1.2", 1.15),
        ("0.0", -0.05),
        ("1e+09", 1e9),
    ],
)
def test_a_rounding(shown: str, value: float) -> None:
    assert is_rounding(shown, value)


@pytest.mark.parametrize(
    ("shown", "value"), [("98.2", 98.14), ("98.2", 98.26), ("1,000", 999), ("0.4", -0.4), ("98", 98.6), ("5.54", 5.53)]
)
def test_no_rounding(shown: str, value: float) -> None:
    assert not is_rounding(shown, value)


def test_every_word_and_number_of_a_text_counts() -> None:
    meant = joined(says("… {} % interval of ", 95), says("PGD-10: {}–{}", 9.44, 18.93))
    assert meant.fits("the 95 % interval of PGD-10: 9.4–18.9")
    assert not meant.fits("the 95 % interval of PGD-11: 9.4–18.9")
    assert not meant.fits("the 95 % interval of PGD-10: 9.4–18.8")
    assert not meant.fits("the 2nd 95 % interval of PGD-10: 9.4–18.9")
    assert not meant.fits("the 95 % interval of PGD-10: 9.4–18.9, twice")


def test_a_cell_differs_in_text_value_and_weight() -> None:
    first, second = with_best([number(0.9821, 100), number(0.979, 100)], high=True)
    assert first.differs("98.2", "0.9821", "", "", best=True) == ""
    assert "text" in first.differs("98.3", "0.9821", "", "", best=True)
    assert "value" in first.differs("98.2", "0.98211", "", "", best=True)
    assert first.differs("98.2", "0.9821", "", "", best=False) == "not bold"
    assert "small" in first.differs("98.2", "0.9821", "97–99", "", best=True)
    assert "tip" in first.differs("98.2", "0.9821", "", "over 3 seeds", best=True)
    assert second.differs("97.9", "0.979", "", "", best=True) == "bold"


def test_a_sign_counts_with_what_is_said_over_it_and_below() -> None:
    cell = replace(number(0.5), marks=[Mark(STALE, Says("trained by other code"))])
    assert cell.differs("0.5", "0.5", "", "", best=False, marks=[("†", "trained by other code")]) == ""
    assert "signs" in cell.differs("0.5", "0.5", "", "", best=False)
    assert "over †" in cell.differs("0.5", "0.5", "", "", best=False, marks=[("†", "known to ±6 %")])
    assert not Says("…").fits("a †")
    assert Says("†").has_facts
    (_, note) = Table([Column(Says("Share"), [cell])], note=says("Of {} images.", 8)).around
    assert note.fits("Of 8 images. † stale: made by other code or options than today’s.")
    assert not note.fits("Of 8 images.")


def test_what_chance_makes_may_differ_by_so_much() -> None:
    half = Estimate(0.5, 0.02)
    cell = Cell(says("{}", half), half)
    assert cell.differs("0.52", "0.519", "", "", best=False) == ""
    assert "value" in cell.differs("0.52", "0.521", "", "", best=False)


def test_durations_have_the_largest_unit_of_which_there_are_two() -> None:
    assert duration(119).fits("119 s")
    assert duration(120).fits("2.0 min")
    assert duration(7200).fits("2.0 h")
