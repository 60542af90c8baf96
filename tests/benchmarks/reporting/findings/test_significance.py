"""Which networks images can tell apart."""

from __future__ import annotations

import pytest

from benchmarks.reporting.findings.significance import indistinguishable_in_accuracy, significant_difference
from tests.benchmarks.reporting.hand_made import HandMade, answers


@pytest.mark.parametrize(
    ("wins", "losses", "apart"),
    [
        (5, 0, False),  # p = 2 / 2^5 = 0.0625
        (6, 0, True),  # p = 2 / 2^6 = 0.031
        (7, 1, False),  # p = 2 (1 + 8) / 2^8 = 0.070
        (0, 6, True),
        (0, 0, False),
    ],
)
def test_only_images_that_one_of_two_gets_right_count(wins: int, losses: int, apart: bool) -> None:
    agreed = "1" * 50 + "0" * 5
    one = answers(agreed + "1" * wins + "0" * losses)
    other = answers(agreed + "0" * wins + "1" * losses)
    assert significant_difference(one, other) is apart


def test_images_that_one_network_did_not_see_are_left_out() -> None:
    assert not significant_difference(answers("1" * 8), answers("0" * 5))


def test_seeds_are_compared_by_their_ranges(made: HandMade) -> None:
    for method, outcomes in {
        "resnet": ("11111", "11110"),
        "adanet": ("11110", "11100"),
        "branchynet": ("11100", "11000"),
    }.items():
        for repetition, outcome in enumerate(outcomes):
            made.add(made.spec(method, repetition), accuracy=answers(outcome))
    evidence = made.evidence()
    assert [network.label for network in indistinguishable_in_accuracy(evidence, evidence.networks[0])] == ["adanet"]
