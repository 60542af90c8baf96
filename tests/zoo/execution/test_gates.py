"""Straight-through gates, logistic noise and thresholds, on numbers that can be followed by hand."""

from __future__ import annotations

import pytest
import torch

from zoo.execution.gates import logistic_noise, straight_through, threshold_settings


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


def test_thresholds_are_quantiles_and_those_among_decided_gates_are_left_out() -> None:
    probs = torch.linspace(0.5, 1, 101).view(-1, 1)
    settings = threshold_settings(probs, (0.1, 0.5, 0.99), margin=0.1)
    assert [s.name for s in settings] == ["rate 50%", "rate 99%"]
    assert [s.values["threshold"] for s in settings] == pytest.approx([0.75, 0.505])
