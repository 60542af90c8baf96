"""How numbers are written."""

from __future__ import annotations

import math

import pytest

from benchmarks.reporting import formatting


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (0.04449, "0.0445"),
        (2.276, "2.28"),
        (41.88, "41.9"),
        (125.4, "125"),
        (1249.6, "1,250"),
        (-2.5, "-2.50"),
    ],
)
def test_three_significant_digits_without_exponents(value: float, written: str) -> None:
    assert formatting.significant(value) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(21.7, "22 s"), (119, "119 s"), (204, "3.4 min"), (7560, "2.1 h")],
)
def test_durations_change_their_unit_at_twice_its_size(seconds: float, written: str) -> None:
    assert formatting.duration(seconds) == written


@pytest.mark.parametrize(
    ("names", "written"),
    [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_names_are_listed_as_in_a_sentence(names: list[str], written: str) -> None:
    assert formatting.listing(names) == written


@pytest.mark.parametrize(
    ("macs", "unit"),
    [([5.4e6, math.nan], "M"), ([0.9e6], "k"), ([3.1e9, 2e6], "G"), ([], "M")],
)
def test_the_unit_fits_the_largest_cost(macs: list[float], unit: str) -> None:
    assert formatting.unit_for(macs).name == unit


@pytest.mark.parametrize(("macs", "written"), [(640, "640"), (226_112, "226 k"), (1_834_560, "1.83 M")])
def test_a_cost_alone_has_the_unit_that_suits_it(macs: float, written: str) -> None:
    assert formatting.short_macs(macs) == written


def test_radii_of_photographs_are_multiples_of_a_255th() -> None:
    assert list(formatting.epsilons([0.0, 1 / 255, 8 / 255]).values()) == ["0", "1/255", "8/255"]


def test_radii_of_digits_are_decimals_even_where_one_is_a_multiple_of_a_255th() -> None:
    assert list(formatting.epsilons([0.05, 0.2]).values()) == ["0.05", "0.2"]


@pytest.mark.parametrize(
    ("seeds", "words"),
    [
        ([1, 1], "95 % intervals (Wilson)"),
        ([2, 3], "95 % intervals over seeds and images"),
        ([1, 3], "95 % intervals over seeds and images, of one seed Wilson's"),
    ],
)
def test_intervals_are_named_by_the_seeds_that_there_are(seeds: list[int], words: str) -> None:
    assert formatting.interval_words(seeds) == words
