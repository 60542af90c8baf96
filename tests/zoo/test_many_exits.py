"""Doubt, and thresholds for any number of exits: shares in geometric proportion, chosen on validation data."""

from __future__ import annotations

import pytest
import torch

from zoo.exits import doubt, geometric_points, geometric_thresholds


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


def test_samples_that_cannot_be_told_apart_leave_together() -> None:
    scores = torch.tensor([[0.5, 0.1]] * 4)
    first, second = geometric_thresholds(scores, 1.0)
    assert (scores[:, 0] < first).all()
    assert first == pytest.approx(0.5)
    assert second == 0.0


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
