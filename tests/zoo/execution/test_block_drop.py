"""Dropped blocks, on numbers that can be followed by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.zoo.count import Count
from zoo.execution.block_drop import BlockDrop, survival_schedule
from zoo.layers import ResidualBlock


def test_survival_is_linear_or_uniform() -> None:
    assert survival_schedule(4, 0.5) == (0.875, 0.75, 0.625, 0.5)
    assert survival_schedule(3, 0.8, "uniform") == (0.8, 0.8, 0.8)


@pytest.mark.parametrize(("mode", "seen"), [("batch", {0, 4}), ("row", {0, 1, 2, 3, 4})])
def test_a_dropped_branch_does_not_run(mode: str, seen: set[int]) -> None:
    drop = BlockDrop([0.5], mode)  # type: ignore[arg-type]
    generator = torch.Generator().manual_seed(0)
    found = set()
    x = torch.tensor([1.0, 2.0, 3.0, 4.0]).view(4, 1, 1, 1)
    for _ in range(60):
        branch = Count()
        kept = drop.draw(4, generator)
        out = drop.residual(0, ResidualBlock(branch, nn.Identity(), in_channels=1), x, kept)
        torch.testing.assert_close(out, x + kept.view(4, 1, 1, 1) * (x + 1))
        assert branch.seen == kept.sum()
        found.add(branch.seen)
    assert found == seen


@pytest.mark.parametrize(
    ("rescale", "drawn", "expected"),
    # shortcut 2, branch 3, survival .25
    [("eval", True, 5.0), ("eval", False, 2.75), ("train", True, 14.0), ("train", False, 5.0)],
)
def test_branches_are_scaled_at_evaluation_or_in_training(rescale: str, drawn: bool, expected: float) -> None:
    drop = BlockDrop([0.25], rescale=rescale)  # type: ignore[arg-type]
    block = ResidualBlock(Count(), nn.Identity(), in_channels=1)
    kept = torch.ones(1, 1, dtype=torch.bool) if drawn else None
    assert drop.residual(0, block, torch.full((1, 1, 1, 1), 2.0), kept).item() == expected


def test_a_gate_scales_what_is_kept_and_does_not_stop_it_from_running() -> None:
    branch = Count()
    block = ResidualBlock(branch, nn.Identity(), in_channels=1)
    x = torch.tensor([1.0, 2.0, 3.0]).view(3, 1, 1, 1)  # branch 2, 3, 4
    kept = torch.tensor([[True], [True], [False]])
    out = BlockDrop([0.5], "row").residual(0, block, x, kept, torch.tensor([1.0, 0.0, 1.0]))
    assert out.flatten().tolist() == [3.0, 2.0, 3.0]
    assert branch.seen == 2


def test_weights_are_zero_where_a_block_drops_out_and_survival_probabilities_where_none_does() -> None:
    x = torch.ones(2, 1, 1, 1)
    drop = BlockDrop([1.0, 0.25])
    assert drop.weights(1, x).tolist() == [0.25, 0.25]
    assert drop.weights(1, x, torch.tensor([[True, True], [True, False]])).tolist() == [1.0, 0.0]


def test_certain_survival_draws_no_random_number() -> None:
    before = torch.get_rng_state()
    assert BlockDrop([1.0, 1.0]).draw(3).all()
    assert torch.equal(torch.get_rng_state(), before)


def test_a_dropped_block_leaves_what_is_activated_alone_and_activates_what_is_not() -> None:
    drop, block = BlockDrop([0.5]), ResidualBlock(nn.Conv2d(1, 1, 1), nn.Identity(), in_channels=1)
    dropped = torch.zeros(2, 1, dtype=torch.bool)
    x = torch.tensor([[-1.0, 2.0], [0.0, 3.0]]).view(2, 1, 1, 2)
    assert torch.equal(drop.residual(0, block, x, dropped), x.relu())
    assert drop.residual(0, block, x, dropped, activated=True) is x


def test_the_most_likely_blocks_are_kept_and_earlier_ones_among_equals() -> None:
    assert BlockDrop([0.5, 0.9, 0.5, 0.7]).most_likely(3).tolist() == [[True, True, False, True]]


def test_drawing_rows_keeps_the_memory_format() -> None:
    x = torch.rand(4, 3, 5, 2).contiguous(memory_format=torch.channels_last)
    kept = torch.tensor([[True], [False], [True], [False]])
    drop = BlockDrop([0.5], "row")
    out = drop.residual(0, ResidualBlock(nn.Conv2d(3, 3, 1), nn.Identity(), in_channels=3), x, kept)
    assert out.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("survival", [[0.0], [1.5]])
def test_survival_must_be_a_probability_above_zero(survival: list[float]) -> None:
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        BlockDrop(survival)
