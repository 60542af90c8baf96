"""Straight-through gates, gated blocks and cascades, on numbers that can be followed by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from zoo.execution.block_drop import BlockDrop, survival_schedule
from zoo.execution.cascade import cascade
from zoo.execution.gated_block import gated_block, gated_residual
from zoo.execution.gates import logistic_noise, straight_through, threshold_settings
from zoo.layers import PoolAndPad, ResidualBlock, SubsampleAndPad


class Count(nn.Module):
    """Adds one, and remembers how many samples it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def forward(self, x: Tensor) -> Tensor:
        self.seen += len(x)
        return x + 1


def test_straight_through_has_the_hard_value_and_the_soft_gradient() -> None:
    logit = torch.tensor([2.0, -1.0], requires_grad=True)
    soft = torch.sigmoid(logit)
    gate = straight_through((soft > 0.5).float(), soft)
    gate.sum().backward()
    assert gate.tolist() == [1.0, 0.0]
    torch.testing.assert_close(logit.grad, (soft * (1 - soft)).detach())


def test_logistic_noise_opens_a_gate_with_the_sigmoid_of_its_logit() -> None:
    logit = torch.full((200_000,), 0.7)
    noise = logistic_noise(logit, torch.Generator().manual_seed(0))
    share = (logit + noise > 0).float().mean().item()
    assert share == pytest.approx(torch.sigmoid(torch.tensor(0.7)).item(), abs=0.004)


def test_logistic_noise_has_the_distribution_of_a_difference_of_gumbels() -> None:
    noise = logistic_noise(torch.zeros(200_000), torch.Generator().manual_seed(1))
    assert noise.mean().item() == pytest.approx(0, abs=0.02)
    assert noise.var().item() == pytest.approx(torch.pi**2 / 3, rel=0.02)


@pytest.mark.parametrize(("gate", "runs"), [([1.0, 0.0, 1.0], 2), ([0.0, 0.0, 0.0], 0), ([1.0, 1.0, 1.0], 3)])
def test_a_gated_block_runs_only_its_open_samples(gate: list[float], runs: int) -> None:
    branch = Count()
    block = ResidualBlock(branch, nn.Identity(), in_channels=1)
    x = torch.tensor([1.0, 2.0, -3.0]).view(3, 1, 1, 1)
    needed = gated_residual(block, x, torch.tensor(gate), "needed")
    assert branch.seen == runs
    torch.testing.assert_close(needed, gated_residual(block, x, torch.tensor(gate), "all"))


def test_a_closed_gate_leaves_the_shortcut_and_the_activation() -> None:
    block = ResidualBlock(Count(), nn.Identity(), in_channels=1)
    x = torch.tensor([2.0, -3.0]).view(2, 1, 1, 1)
    out = gated_residual(block, x, torch.zeros(2), "all")
    assert out.flatten().tolist() == [2.0, 0.0]


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


def test_thresholds_are_quantiles_and_those_among_decided_gates_are_left_out() -> None:
    probs = torch.linspace(0.5, 1, 101).view(-1, 1)
    settings = threshold_settings(probs, (0.1, 0.5, 0.99), margin=0.1)
    assert [s.name for s in settings] == ["rate 50%", "rate 99%"]
    assert [s.values["threshold"] for s in settings] == pytest.approx([0.75, 0.505])


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


class Keep(nn.Module):
    """Logits (x, -x) of a (N, 1, 1, 1) input."""

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(1)
        return torch.cat([flat, -flat], dim=1)


@pytest.mark.parametrize("compute", ["all", "needed"])
def test_samples_leave_at_the_first_exit_whose_rule_says_so(compute: str) -> None:
    segments = [Count(), Count(), Count()]
    x = torch.tensor([9.0, 8.0, 0.0]).view(3, 1, 1, 1)  # after segments 10/11/12, 9/10/11, 1/2/3
    out = cascade(segments, [Keep()] * 3, lambda e, z: z[:, 0] >= 10, [True] * 3, x, compute)  # type: ignore[arg-type]
    assert out.logits[:, 0].tolist() == [10.0, 10.0, 3.0]
    assert out.route.int().tolist() == [[1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1]]


def test_needed_runs_only_the_samples_that_stayed() -> None:
    segments = [Count(), Count(), Count()]
    x = torch.tensor([9.0, 8.0, 0.0]).view(3, 1, 1, 1)
    cascade(segments, [Keep()] * 3, lambda e, z: z[:, 0] >= 10, [True] * 3, x, "needed")
    assert [segment.seen for segment in segments] == [3, 2, 1]


@pytest.mark.parametrize("compute", ["all", "needed"])
def test_a_disabled_exit_is_in_nobodys_route(compute: str) -> None:
    x = torch.tensor([9.0, 0.0]).view(2, 1, 1, 1)
    out = cascade([Count(), Count()], [Keep()] * 2, lambda e, z: z[:, 0] > 0, [False, True], x, compute)  # type: ignore[arg-type]
    assert out.logits[:, 0].tolist() == [11.0, 2.0]
    assert out.route.int().tolist() == [[1, 0, 1, 1], [1, 0, 1, 1]]


def test_all_answers_at_every_exit() -> None:
    x = torch.tensor([9.0]).view(1, 1, 1, 1)
    out = cascade([Count(), Count()], [Keep()] * 2, lambda e, z: z[:, 0] > 0, [True, True], x, "all")
    assert [logits[0, 0].item() for logits in out.exit_logits] == [10.0, 11.0]
    assert out.logits[0, 0].item() == 10.0


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
