"""Every cross-entropy of every method smooths labels as the recipe says."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

import zoo
from benchmarks.conformance.cases import DIGITS, TASK, selectors
from zoo.network import RoutedNet

every_method = pytest.mark.parametrize("selector", selectors(), ids=str)
SHARE = 0.2


def loss_at(net: RoutedNet, share: float, *labels: torch.Tensor) -> torch.Tensor:
    """Mean of the losses for several labels of the same output, in double precision."""
    net.smooth_labels(share)
    return torch.stack([net.loss(out_of(net), one).detach().double() for one in labels]).mean()


def out_of(net: RoutedNet) -> zoo.Forward:
    torch.manual_seed(1)
    net.train()
    out: zoo.Forward = net(next(DIGITS.train.batches(16)).images)
    return out


@every_method
def test_a_loss_is_linear_in_smoothed_labels(selector: zoo.Selector) -> None:
    # a smoothed label is (1 - s) of the label and s / K of every class, and losses are linear in their cross-entropies
    torch.manual_seed(0)
    net = zoo.create(selector, TASK)
    own = net.label_smoothing
    labels = next(DIGITS.train.batches(16)).labels
    every_class = [torch.full_like(labels, k) for k in range(TASK.classes)]
    for phase in net.phases():
        net.begin(phase.name)
        share = own or SHARE
        net._own_smoothing = 0.0  # what a network without smoothing of its own computes
        smoothed, plain = loss_at(net, share, labels), loss_at(net, 0, labels)
        spread = loss_at(net, 0, *every_class)
        torch.testing.assert_close(smoothed, (1 - share) * plain + share * spread, rtol=1e-5, atol=1e-5)
        assert abs(smoothed - plain) > 1e-4


@every_method
def test_no_smoothing_is_what_the_network_was_built_with(selector: zoo.Selector) -> None:
    net = zoo.create(selector, TASK)
    own = float(selector.parameters.get("label_smoothing", 0))
    net.smooth_labels(0)
    logits, labels = torch.randn(8, 10), torch.arange(8)
    expected = functional.cross_entropy(logits, labels, label_smoothing=own)
    assert torch.equal(net.cross_entropy(logits, labels), expected)
