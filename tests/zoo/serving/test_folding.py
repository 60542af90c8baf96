"""Batch norm folded into convolutions."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import zoo
from benchmarks import data
from benchmarks.conformance.cases import TASK, selectors
from zoo.serving.folding import folded

IMAGES = next(data.load("mnist5k", train=64, test=64).test.batches(32)).images


def with_statistics(selector: object) -> zoo.RoutedNet:
    """An untrained network whose batch norms have seen digits, and scale and shift by more than 1 and 0."""
    torch.manual_seed(0)
    net = zoo.create(str(selector), TASK)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.2, 0.2)
    net.train()
    with torch.no_grad():
        for _ in range(3):
            net(IMAGES)
    return net.eval()


@pytest.mark.parametrize("selector", selectors(), ids=str)
def test_a_folded_network_gives_the_same_answers_and_routes(selector: zoo.Selector) -> None:
    net = with_statistics(selector)
    with torch.no_grad():
        expected, found = net(IMAGES), folded(net)(IMAGES)
    torch.testing.assert_close(found.logits, expected.logits, atol=1e-4, rtol=1e-4)
    assert torch.equal(found.route, expected.route)


def test_a_folded_resnet_has_no_batch_norm_and_the_networks_own_gradients() -> None:
    net = with_statistics("resnet[tiny]")
    copy = folded(net)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in copy.modules())
    gradients = []
    for each in (net, copy):
        images = IMAGES.clone().requires_grad_()
        each(images).logits.square().sum().backward()
        assert images.grad is not None
        gradients.append(images.grad)
    torch.testing.assert_close(gradients[1], gradients[0], atol=1e-4, rtol=1e-3)


def test_the_network_itself_stays_and_the_copy_is_frozen() -> None:
    net = with_statistics("resnet[tiny]").train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    copy = folded(net)
    assert net.training
    assert not copy.training
    assert all(parameter.requires_grad for parameter in net.parameters())
    assert not any(parameter.requires_grad for parameter in copy.parameters())
    assert before.keys() == net.state_dict().keys()
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
