"""Gated blocks, on numbers that can be followed by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.zoo.count import Count
from zoo.execution.gated_block import gated_block, gated_residual
from zoo.layers import ResidualBlock


@pytest.mark.parametrize(("gate", "runs"), [([1.0, 0.0, 1.0], 2), ([0.0, 0.0, 0.0], 0), ([1.0, 1.0, 1.0], 3)])
def test_a_gated_block_runs_only_its_open_samples(gate: list[float], runs: int) -> None:
    branch = Count()
    block = ResidualBlock(branch, nn.Identity(), in_channels=1)
    x = torch.tensor([1.0, 2.0, -3.0]).view(3, 1, 1, 1)
    needed = gated_residual(block, x, torch.tensor(gate), "needed")
    assert branch.seen == runs
    torch.testing.assert_close(needed, gated_residual(block, x, torch.tensor(gate), "all"))


def test_a_fractional_gate_scales_the_branch() -> None:
    block = ResidualBlock(Count(), nn.Identity(), in_channels=1)
    x = torch.tensor([2.0, 4.0]).view(2, 1, 1, 1)
    for compute in ("all", "needed"):
        out = gated_residual(block, x, torch.tensor([0.5, 0.0]), compute)
        assert out.flatten().tolist() == [3.5, 4.0]


@pytest.mark.parametrize(("gate", "runs"), [([1.0, 0.0, 1.0], 2), ([0.0, 0.0, 0.0], 0), ([1.0, 1.0, 1.0], 3)])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_a_skipped_block_hands_on_its_shortcut_unrectified(
    gate: list[float], runs: int, memory_format: torch.memory_format
) -> None:
    branch = Count()
    block = ResidualBlock(branch, nn.Identity(), in_channels=2)
    x = torch.tensor([[1.0, -2.0], [2.0, -3.0], [-3.0, 5.0]]).view(3, 2, 1, 1).expand(3, 2, 2, 3)
    x = x.contiguous(memory_format=memory_format)
    needed = gated_block(block, x, torch.tensor(gate), "needed")
    assert branch.seen == runs
    assert torch.equal(needed, gated_block(block, x, torch.tensor(gate), "all"))
    assert needed.is_contiguous(memory_format=memory_format)
    ran = [[3.0, 0.0], [5.0, 0.0], [0.0, 11.0]]  # relu(x + x + 1)
    expected = [r if g else skipped for g, r, skipped in zip(gate, ran, x[:, :, 0, 0].tolist(), strict=True)]
    assert needed[:, :, 0, 0].tolist() == expected


def test_a_soft_gate_mixes_a_block_and_its_shortcut() -> None:
    block = ResidualBlock(Count(), nn.Identity(), in_channels=1)
    x = torch.tensor([2.0, -3.0]).view(2, 1, 1, 1)
    out = gated_block(block, x, torch.tensor([0.5, 0.25]), "all")
    assert out.flatten().tolist() == [3.5, -2.25]  # halfway from 2 to 5, a quarter of the way from -3 to 0
