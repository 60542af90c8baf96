"""A block that somebody wrapped, as `torch.compile` does, still takes part: networks know their blocks by place."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

import zoo
from zoo.layers import Chain, ModulesOf, ResidualBlock
from zoo.methods.adanet import AdaNet

DIGITS = zoo.Task(shape=(1, 28, 28), classes=10)
IMAGES = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))


class Wrapper(nn.Module):
    """Runs a module, and hands on its attributes."""

    def __init__(self, wrapped: nn.Module) -> None:
        super().__init__()
        self.wrapped = wrapped

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("wrapped"), name)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module answers."""
        return self.wrapped(*args, **kwargs)


def build(selector: zoo.Selector) -> zoo.RoutedNet:
    torch.manual_seed(0)
    return zoo.create(selector, DIGITS).eval()


def lists(net: nn.Module) -> dict[str, nn.ModuleList]:
    return {name: each for name, each in net.named_modules() if isinstance(each, nn.ModuleList) and len(each)}


def same(selector: zoo.Selector, changed: zoo.RoutedNet) -> None:
    plain = build(selector)
    computes: tuple[zoo.Compute, ...] = ("all", "needed")
    with torch.no_grad():
        for compute in computes:
            out, wanted = (net(IMAGES, compute=compute) for net in (changed, plain))
            torch.testing.assert_close(out.logits, wanted.logits, atol=1e-5, rtol=0)
            assert torch.equal(out.route, wanted.route)
    assert list(changed.unit_modules()) == list(plain.unit_modules())


@pytest.mark.parametrize("name", ["resnet", "skipnet", "msdnet", "fractalnet"])
def test_a_compiled_block_takes_part(name: str) -> None:
    selector = zoo.Selector(name, "tiny")
    net = build(selector)
    blocks = next(iter(lists(net).values()))
    torch._dynamo.reset()
    compiled: Any = torch.compile(blocks[-1], backend="eager")
    blocks[-1] = compiled
    same(selector, net)


def selectors() -> list[zoo.Selector]:
    return [zoo.Selector(name, "tiny", way) for name in zoo.list_methods() for way in ({}, *zoo.method(name).variants)]


@pytest.mark.parametrize("selector", selectors(), ids=str)
def test_wrapped_members_of_all_lists_take_part(selector: zoo.Selector) -> None:
    net = build(selector)
    for members in lists(net).values():
        members[-1] = Wrapper(members[-1])
    same(selector, net)


def test_a_wrapped_gate_is_served() -> None:
    net = build(zoo.Selector("adanet", "tiny"))
    assert isinstance(net, AdaNet)
    wrapped: Any = Wrapper(net.gates[-1])
    net.gates[-1] = wrapped
    with torch.no_grad():
        served, own = zoo.optimize_for_inference(net)(IMAGES), net(IMAGES)
    torch.testing.assert_close(served.logits, own.logits, atol=1e-4, rtol=0)
    assert torch.equal(served.route, own.route)


def test_a_list_of_one_type_is_a_module_list() -> None:
    first, second = (ResidualBlock(nn.Identity(), nn.Identity(), in_channels=1) for _ in range(2))
    blocks: ModulesOf[ResidualBlock] = ModulesOf([first, second])
    assert list(blocks) == [first, second]
    assert blocks[1] is second
    assert list(blocks[1:]) == [second]
    assert isinstance(blocks[1:], ModulesOf)
    assert list(blocks.state_dict()) == list(nn.ModuleList([first, second]).state_dict())
    assert isinstance(Chain(), ModulesOf)
