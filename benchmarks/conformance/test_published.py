"""Every kind of preset really runs, at the size of images that it is for; the large ones on grey images too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
import torch
from torch import nn

import zoo
from benchmarks.conformance.cases import kinds_of_presets, methods
from zoo.sizing.unit_costs import count_executed, measure_ledger

pytestmark = pytest.mark.long

DEEPEST: Mapping[str, Sequence[str]] = {
    "adanet": ("convnet-aig-28-10", "convnet-aig-152"),
    "fractalnet": ("fractalnet-20-1x1-c100", *(f"fractalnet-thin-{layers}" for layers in (5, 10, 40, 80, 160))),
    "randwire": ("randwire-c154", "randwire-c154-er", "randwire-c154-ba"),
    "skipnet": ("skipnet-74-ff1", "skipnet-152", "skipnet-152-imagenet"),
    "stochastic_depth": ("stochastic-depth-1202",),
}
"""Presets that differ from the first of their kind in numbers alone, which make another graph or a larger network."""


def published() -> list[zoo.Selector]:
    """What is tested: the first preset of every kind, and the larger ones of the methods."""
    kinds = kinds_of_presets()
    deeper = [zoo.Selector(name, preset) for name in methods() for preset in DEEPEST.get(name, ())]
    return [*kinds, *(selector for selector in deeper if selector not in kinds)]


def damp(net: zoo.RoutedNet) -> None:
    """Hundreds of untrained blocks would overflow: let each add a tenth."""
    if len(net.units) > 300:
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.constant_(module.weight, 0.1)


@pytest.mark.parametrize("selector", published(), ids=str)
def test_a_published_network_answers_the_same_in_both_ways_and_costs_what_its_ledger_says(
    selector: zoo.Selector,
) -> None:
    task = zoo.method(selector.name).presets[selector.preset or ""].task
    for channels in (1, 3) if selector.preset == "imagenet" else {task.shape[0]}:
        torch.manual_seed(0)
        net = zoo.create(selector, replace(task, shape=(channels, *task.shape[1:]))).eval()
        damp(net)
        image = torch.rand(1, *net.task.shape)
        with torch.no_grad():
            everything = net(image)
        executed, needed = count_executed(net, image)
        assert torch.equal(everything.route, needed.route)
        scale = everything.logits.abs().max()
        torch.testing.assert_close(needed.logits / scale, everything.logits / scale, atol=1e-4, rtol=0)
        assert measure_ledger(net).routed(needed.route).item() == executed
