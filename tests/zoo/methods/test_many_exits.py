"""Doubt, and thresholds for any number of exits: shares in geometric proportion, chosen on validation data."""

from __future__ import annotations

import pytest
import torch

from zoo.execution.thresholds import doubt, geometric_points, geometric_thresholds


def test_doubt_is_one_minus_the_greatest_probability() -> None:
    logits = torch.tensor([[0.0, 0.0], [2.0, 0.0], [-1.0, 3.0]])
    torch.testing.assert_close(doubt(logits), 1 - torch.softmax(logits, dim=1).max(dim=1).values)


def test_doubt_tells_sure_samples_apart_where_their_probability_rounds_to_one() -> None:
    logits = torch.tensor([[20.0, 0.0, 0.0], [40.0, 0.0, 0.0]])
    assert (torch.softmax(logits, dim=1).max(dim=1).values == 1).all()
    torch.testing.assert_close(doubt(logits), 2 * torch.exp(torch.tensor([-20.0, -40.0])), rtol=1e-4, atol=0)


def test_shares_follow_the_ratio() -> None:
    scores = torch.rand(700, 2, generator=torch.Generator().manual_seed(0))
    thresholds = geometric_thresholds(scores, 0.5)
    first = scores[:, 0] < thresholds[0]
    second = ~first & (scores[:, 1] < thresholds[1])
    assert [int(first.sum()), int(second.sum())] == [400, 200]


def test_the_surest_of_those_who_arrive_leave() -> None:
    scores = torch.tensor([[0.1, 0.9], [0.4, 0.2], [0.3, 0.8], [0.2, 0.7]])
    first, second = geometric_thresholds(scores, 1.0)
    assert first == pytest.approx(0.15)
    assert second == pytest.approx(0.45)


def test_an_exit_without_a_share_lets_nobody_leave() -> None:
    scores = torch.rand(10, 2, generator=torch.Generator().manual_seed(0))
    assert geometric_thresholds(scores, 20.0) == (0.0, 0.0)


def leaving(scores: torch.Tensor, thresholds: tuple[float, ...]) -> list[int]:
    """How many samples leave at every exit, the last included."""
    stays = torch.ones(len(scores), dtype=torch.bool)
    numbers = []
    for column, threshold in zip(scores.T, thresholds, strict=True):
        numbers.append(int((stays & (column < threshold)).sum()))
        stays &= column >= threshold
    return [*numbers, int(stays.sum())]


def test_samples_that_cannot_be_told_apart_leave_together() -> None:
    scores = torch.tensor([[0.5, 0.1]] * 4)
    # 1 should leave at each early exit. Of none and all 4, none is nearer to 1; 4 is as near as none to 1 + 1.
    assert leaving(scores, geometric_thresholds(scores, 1.0)) == [0, 4, 0]


def test_ninety_of_a_hundred_that_are_equally_sure() -> None:
    scores = torch.tensor([0.25] * 90 + [0.5 + i / 64 for i in range(10)]).unsqueeze(1).expand(-1, 2)
    # 33 each. None is nearer to 33 than 90; the second exit makes up for the first: 90 is nearer to 66 than none.
    assert geometric_thresholds(scores, 1.0) == (0.0, 0.375)
    # 69 and 23 (shares 9/13 and 3/13): 90 is nearer to 69 than none, and two more make 92.
    thresholds = geometric_thresholds(scores, 1 / 3)
    assert thresholds == (0.375, (0.5 + 1 / 64 + 0.5 + 2 / 64) / 2)
    assert leaving(scores, thresholds) == [90, 2, 8]


def test_an_exit_that_let_too_many_leave_is_made_up_for_by_the_next() -> None:
    scores = torch.tensor([0.25] * 90 + [0.5 + i / 64 for i in range(10)]).unsqueeze(1).expand(-1, 2)
    # 57 and 28 of 100: 90 is nearer to 57 than none, and more than 85.
    assert leaving(scores, geometric_thresholds(scores, 0.5)) == [90, 0, 10]


@pytest.mark.parametrize(("ratio", "left"), [(1.0, [0, 100, 0]), (0.1, [100, 0, 0]), (2.0, [0, 0, 100])])
def test_all_samples_equally_sure_leave_at_one_exit(ratio: float, left: list[int]) -> None:
    # 33 + 33 of 100: at the second. 90: at the first. 14 + 28: at the last.
    scores = torch.full((100, 2), 0.25)
    assert leaving(scores, geometric_thresholds(scores, ratio)) == left


def test_two_values_leave_in_two_groups() -> None:
    scores = torch.tensor([0.125] * 60 + [0.375] * 40).unsqueeze(1).expand(-1, 2)
    # 57 and 28 of 100: 60 is nearest to 57; all 40 others are nearer to 57 + 28 - 60 = 25 than none.
    first, second = geometric_thresholds(scores, 0.5)
    assert first == 0.25
    assert second == pytest.approx(0.375)
    assert leaving(scores, (first, second)) == [60, 40, 0]


def test_points_of_tied_scores_are_honest_about_their_cost() -> None:
    scores = torch.tensor([0.25] * 90 + [0.75] * 10).unsqueeze(1).expand(-1, 2)
    correct = torch.tensor([[True, True, True]] * 90 + [[False, True, True]] * 10)
    for point in geometric_points(scores, correct, [1.0, 2.0, 3.0]):
        left = leaving(scores, point.thresholds)
        assert sum(left) == 100
        assert point.macs == pytest.approx(sum(n * cost for n, cost in zip(left, (1.0, 2.0, 3.0), strict=True)) / 100)


def test_the_front_rises_from_cheap_to_accurate() -> None:
    generator = torch.Generator().manual_seed(0)
    scores = torch.rand(300, 6, generator=generator)
    correct = torch.rand(300, 7, generator=generator) < torch.linspace(0.5, 0.95, 7)
    front = geometric_points(scores, correct, [float(10 * e) for e in range(1, 8)])
    assert len(front) > 3
    assert [p.macs for p in front] == sorted(p.macs for p in front)
    assert [p.accuracy for p in front] == sorted(p.accuracy for p in front)
    assert all(len(p.thresholds) == 6 for p in front)


def test_costs_and_answers_of_a_point_worked_out_by_hand() -> None:
    scores = torch.tensor([[0.1], [0.9]])
    correct = torch.tensor([[True, False], [False, True]])
    (point,) = geometric_points(scores, correct, [2.0, 10.0], ratios=[1.0])
    assert point.macs == 6.0
    assert point.accuracy == 1.0
