"""Balls: drawn points, steps and projections stay where they should."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from benchmarks.measuring.attacks.balls import Ball, Norm, distances

NORMS: tuple[Norm, ...] = ("Linf", "L2")
GREY = torch.full((200, 1, 4, 4), 0.5)
"""So far from 0 and 1 that clipping changes nothing within a radius of .5."""


def row(*values: float) -> Tensor:
    return torch.tensor(values).view(1, 1, 1, -1)


@pytest.mark.parametrize("norm", NORMS)
def test_starts_fill_the_ball_and_leave_none_of_it(norm: Norm) -> None:
    torch.manual_seed(0)
    away = distances(norm, Ball(norm, 0.3).start(GREY), GREY)
    assert away.max() <= 0.3 + 1e-6
    assert away.median() > 0.9 * 0.3  # of 16 dimensions, nearly all volume is near the surface


def test_a_drawn_point_is_clipped_to_images() -> None:
    torch.manual_seed(0)
    for norm in NORMS:
        drawn = Ball(norm, 2.0).start(torch.zeros(50, 1, 4, 4))
        assert 0 <= drawn.min() <= drawn.max() <= 1


def test_steps_have_length_one() -> None:
    gradient = row(3.0, -4.0)
    assert torch.equal(Ball("Linf", 0.1).step(gradient.clone()), row(1.0, -1.0))
    torch.testing.assert_close(Ball("L2", 0.1).step(gradient.clone()), row(0.6, -0.8))


def test_a_gradient_of_zero_is_no_step() -> None:
    for norm in NORMS:
        assert torch.equal(Ball(norm, 0.1).step(torch.zeros(1, 1, 1, 3)), torch.zeros(1, 1, 1, 3))


def test_points_outside_go_to_the_nearest_of_the_ball() -> None:
    clean = row(0.5, 0.5)
    torch.testing.assert_close(Ball("Linf", 0.1).project_(row(0.9, 0.45), clean), row(0.6, 0.45))
    torch.testing.assert_close(Ball("L2", 0.1).project_(row(0.8, 0.9), clean), row(0.56, 0.58))  # (.3, .4) is .5 long


@pytest.mark.parametrize("norm", NORMS)
def test_points_inside_stay(norm: Norm) -> None:
    x = row(0.52, 0.47)
    torch.testing.assert_close(Ball(norm, 0.1).project_(x.clone(), row(0.5, 0.5)), x)


def test_distances_by_hand() -> None:
    one, other = row(0.8, 0.9), row(0.5, 0.5)
    assert distances("Linf", one, other).item() == pytest.approx(0.4)
    assert distances("L2", one, other).item() == pytest.approx(0.5)
