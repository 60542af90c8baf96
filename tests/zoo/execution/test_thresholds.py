"""Entropies and the choice of thresholds, worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from zoo.execution.thresholds import OperatingPoint, entropy, knee, operating_points, within_budget


def point(macs: float, right: int, samples: int = 100) -> OperatingPoint:
    correct = torch.arange(samples) < right
    return OperatingPoint(thresholds=(macs,), correct=correct, macs=macs)


def test_entropy_of_equal_logits_is_the_log_of_their_number() -> None:
    assert entropy(torch.zeros(1, 10)).item() == pytest.approx(math.log(10))


def test_entropy_of_a_sure_answer_is_zero() -> None:
    assert entropy(torch.tensor([[50.0, 0.0]])).item() == pytest.approx(0, abs=1e-6)


def test_entropy_is_in_nats() -> None:
    logits = torch.tensor([[0.75, 0.25]]).log()
    assert entropy(logits).item() == pytest.approx(-0.75 * math.log(0.75) - 0.25 * math.log(0.25))


def test_operating_points_are_a_rising_front_with_hand_made_costs() -> None:
    entropies = torch.tensor([[0.1], [0.2], [0.3], [0.4]])
    correct = torch.tensor([[True, True], [True, True], [False, True], [False, True]])
    front = operating_points(entropies, correct, [1.0, 5.0])
    assert [(p.macs, p.accuracy) for p in front] == [(1.0, 0.5), (2.0, 0.75), (3.0, 1.0)]


def test_points_that_cost_more_for_less_are_left_out() -> None:
    entropies = torch.tensor([[0.1], [0.9]])
    correct = torch.tensor([[True, False], [True, False]])
    front = operating_points(entropies, correct, [1.0, 5.0])
    assert [(p.macs, p.accuracy) for p in front] == [(1.0, 1.0)]


def test_thresholds_are_strict_upper_bounds_of_what_leaves() -> None:
    entropies = torch.tensor([[0.1], [0.2], [0.3], [0.4]])
    correct = torch.tensor([[True, True], [True, True], [False, True], [False, True]])
    chosen = operating_points(entropies, correct, [1.0, 5.0])[-1].thresholds[0]
    assert (entropies[:, 0] < chosen).tolist() == [True, True, False, False]


def test_the_knee_is_within_one_standard_error_of_the_paired_difference() -> None:
    # Against 90 right: 89 right loses .01, its error is sqrt(.01 * .99 / 100) = .00995; 88 loses .02 > .014.
    front = [point(1, 80), point(2, 88), point(3, 89), point(4, 90)]
    assert knee(front).macs == 4
    wider = [point(1, 80, 10_000), point(2, 88, 10_000), point(3, 89, 10_000), point(4, 90, 10_000)]
    assert knee(wider).macs == 4


def test_the_knee_takes_a_cheaper_point_that_differs_by_chance() -> None:
    best = OperatingPoint(thresholds=(9.0,), correct=torch.tensor([True] * 91 + [False] * 9), macs=9)
    swapped = OperatingPoint(thresholds=(3.0,), correct=torch.tensor([False] * 3 + [True] * 93 + [False] * 4), macs=3)
    # 3 samples only the best gets right, 5 only the other: the difference is in the cheaper one's favour.
    assert knee([swapped, best]).macs == 3
    loses = OperatingPoint(thresholds=(3.0,), correct=torch.tensor([False] * 3 + [True] * 90 + [False] * 7), macs=3)
    # 3 against 2: loses .01 with an error of sqrt(.05 - .0001) / 10 = .022.
    assert knee([loses, best]).macs == 3


def test_a_budget_buys_the_best_point_that_is_affordable() -> None:
    front = [point(1, 80), point(2, 88), point(4, 90)]
    chosen = within_budget(front, 3.9)
    assert chosen is not None
    assert chosen.macs == 2


def test_a_budget_below_the_cheapest_point_buys_nothing() -> None:
    assert within_budget([point(2, 90)], 1.9) is None
