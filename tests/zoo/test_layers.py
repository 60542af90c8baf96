"""Shortcuts without parameters, on numbers that can be followed by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.zoo.count import Count
from zoo.execution.gated_block import gated_residual
from zoo.layers import PoolAndPad, ResidualBlock, SubsampleAndPad, set_norms


def test_a_closed_gate_leaves_the_shortcut_and_the_activation() -> None:
    block = ResidualBlock(Count(), nn.Identity(), in_channels=1)
    x = torch.tensor([2.0, -3.0]).view(2, 1, 1, 1)
    out = gated_residual(block, x, torch.zeros(2), "all")
    assert out.flatten().tolist() == [2.0, 0.0]


def test_shortcut_a_takes_every_second_pixel_and_pads_both_sides() -> None:
    x = torch.arange(16.0).view(1, 1, 4, 4)
    out = SubsampleAndPad(2, 2)(x)
    assert out.shape == (1, 3, 2, 2)
    assert out[0, 1].tolist() == [[0.0, 2.0], [8.0, 10.0]]
    assert out[0, 0].abs().sum() == out[0, 2].abs().sum() == 0


def test_shortcut_a_front_puts_all_zeros_in_front() -> None:
    out = SubsampleAndPad(2, 1, "front")(torch.ones(1, 1, 1, 1))
    assert out.flatten().tolist() == [0.0, 0.0, 1.0]


def test_the_pooled_shortcut_averages_squares_and_puts_zeros_at_the_end() -> None:
    x = torch.arange(9.0).view(1, 1, 3, 3)
    out = PoolAndPad(2, 2)(x)
    assert out.shape == (1, 3, 2, 2)
    assert out[0, 0].tolist() == [[2.0, 3.5], [6.5, 8.0]]  # an odd edge is averaged over what there is
    assert out[0, 1:].abs().sum() == 0


def test_norms_get_an_epsilon_and_a_momentum() -> None:
    norm = nn.BatchNorm2d(1)
    set_norms(nn.Sequential(norm), 3.0, 0.25)
    with torch.no_grad():
        out = norm(torch.tensor([-1.0, 1.0]).view(2, 1, 1, 1))
    # mean 0 and variance 1 of the batch: 1 / sqrt(1 + 3); running variance .75 * 1 + .25 * 2, unbiased
    assert out.flatten().tolist() == pytest.approx([-0.5, 0.5])
    assert norm.running_var is not None
    assert norm.running_var.item() == pytest.approx(1.25)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0.0, 0.1), "norm_epsilon must be positive, not 0.0"),
        ((1e-5, 0.0), "norm_momentum must be above 0 and at most 1"),
    ],
)
def test_impossible_norms_are_refused(values: tuple[float, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        set_norms(nn.Identity(), *values)
