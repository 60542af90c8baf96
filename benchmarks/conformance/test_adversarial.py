"""Attacking any network while it is trained leaves it as it is."""

from __future__ import annotations

import pytest
import torch

import zoo
from benchmarks.conformance.cases import DIGITS, TASK, selectors
from benchmarks.records.record import digest
from benchmarks.training.adversary import Adversary
from benchmarks.training.recipe import Recipe

every_method = pytest.mark.parametrize("selector", selectors(), ids=str)
RECIPE = Recipe.model_validate({"precision": "fp32", "adversarial": {"epsilon": 0.1, "steps": 2}})


@every_method
def test_an_attack_changes_nothing_that_a_network_trains_with(selector: zoo.Selector) -> None:
    torch.manual_seed(0)
    net = zoo.create(selector, TASK).to(memory_format=torch.channels_last)
    images, labels, _ = next(DIGITS.train.batches(8, channels_last=True))
    for phase in net.phases():
        net.begin(phase.name)
        net.train()
        before, modes = digest(net.state_dict()), [module.training for module in net.modules()]
        found = Adversary(net, RECIPE).images(images, labels, 1.0)
        assert digest(net.state_dict()) == before
        assert [module.training for module in net.modules()] == modes
        assert all(parameter.grad is None for parameter in net.parameters())
        assert 0.05 < (found - images).abs().max() <= 0.1 + 1e-6
