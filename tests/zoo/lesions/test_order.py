"""Blocks in another order: which may change places, and that they do."""

from __future__ import annotations

import pytest
import torch

import zoo
from zoo.lesions import interchangeable, reordered
from zoo.methods.resnet import ResNet
from zoo.network import Task

TASK = Task(shape=(1, 28, 28), classes=10)


def test_blocks_of_one_shape_with_identity_shortcuts_may_change_places() -> None:
    net = zoo.create("resnet[tiny, blocks=(3, 3, 1)]", TASK)
    assert isinstance(net, ResNet)
    ((blocks, first), (same, second)) = interchangeable(net)
    assert blocks is same is net.backbone.blocks
    assert (first, second) == ((0, 1, 2), (4, 5))  # the first of a later stage has a projection


def test_no_two_blocks_of_a_pyramid_are_alike() -> None:
    assert interchangeable(zoo.create("pyramidnet[tiny]", TASK)) == []


def test_blocks_run_in_the_new_order_until_the_context_ends() -> None:
    net = zoo.create("resnet[tiny, blocks=(3, 1, 1)]", TASK).eval()
    assert isinstance(net, ResNet)
    groups = interchangeable(net)
    before = list(net.backbone.blocks)
    with reordered(groups, [[2, 0, 1]]):
        assert list(net.backbone.blocks)[:3] == [before[2], before[0], before[1]]
        with torch.no_grad():
            changed = net(torch.ones(1, 1, 28, 28)).logits
    assert list(net.backbone.blocks) == before
    with torch.no_grad():
        assert not torch.equal(net(torch.ones(1, 1, 28, 28)).logits, changed)


def test_an_order_that_is_none_is_refused() -> None:
    groups = interchangeable(zoo.create("resnet[tiny]", TASK))
    with pytest.raises(ValueError, match=r"permutation of them, not \[0, 0\]"), reordered(groups, [[0, 0]]):
        pass
