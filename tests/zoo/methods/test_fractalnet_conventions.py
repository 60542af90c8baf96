"""Initialisation and solver of FractalNet as the authors' Caffe generator has them."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

import zoo
from benchmarks.training.loop import make_optimizer
from benchmarks.training.recipe import Recipe
from zoo.methods.fractalnet import FractalNet

TASK = zoo.Task(shape=(3, 16, 16), classes=10)
WIDE = "fractalnet[tiny, stem_kind='none', widths=(32, 128), bias=true"


def net(selector: str) -> FractalNet:
    torch.manual_seed(0)
    made = zoo.create(selector, TASK)
    assert isinstance(made, FractalNet)
    return made


def convolutions(network: nn.Module) -> list[nn.Conv2d]:
    return [module for module in network.modules() if isinstance(module, nn.Conv2d)]


def test_caffes_xavier_has_variance_1_by_fan_in() -> None:
    """Caffe's `xavier` filler is uniform with variance 1 / fan-in, torch's with 2 / (fan-in + fan-out)."""
    for conventions in ("caffe", "torch"):
        for layer in convolutions(net(f"{WIDE}, conventions={conventions}]")):
            inputs, outputs = 9 * layer.in_channels, 9 * layer.out_channels
            variance = 1 / inputs if conventions == "caffe" else 2 / (inputs + outputs)
            assert layer.weight.abs().max().item() <= math.sqrt(3 * variance)
            assert layer.weight.var().item() == pytest.approx(variance, rel=0.15)
            assert layer.bias is not None
            assert not layer.bias.any()


def test_weights_decay_and_biases_learn_twice_as_fast_without() -> None:
    made = net(f"{WIDE}, conventions=caffe]")
    optimizer = make_optimizer(made, Recipe(lr=0.02, weight_decay=1e-4))
    kinds = {id(p): ".".join(name.split(".")[-2:]) for name, p in made.named_parameters()}
    found = {
        (group["lr_scale"], group["weight_decay"]): {kinds[id(p)] for p in group["params"]}
        for group in optimizer.param_groups
    }
    assert found == {
        (1.0, 1e-4): {"conv.weight", "1.weight"},
        (2.0, 0.0): {"conv.bias", "norm.bias", "1.bias"},
        (1.0, 0.0): {"norm.weight"},
    }
    every = [id(p) for group in optimizer.param_groups for p in group["params"]]
    assert sorted(every) == sorted(id(p) for p in made.parameters())


def test_networks_without_scales_have_two_groups() -> None:
    groups = net(f"{WIDE}, conventions=caffe, affine=false]").param_groups()
    assert [(group.lr_scale, group.weight_decay_scale) for group in groups] == [(1.0, 1.0), (2.0, 0.0)]


@pytest.mark.parametrize("preset", ["tiny", "small"])
def test_the_suites_own_networks_have_one_group(preset: str) -> None:
    (group,) = net(f"fractalnet[{preset}]").param_groups()
    assert (group.lr_scale, group.weight_decay_scale) == (1.0, 1.0)


def test_every_published_network_has_caffes_conventions() -> None:
    presets = zoo.method("fractalnet").presets
    published = {name for name, facts in presets.items() if facts.recipe}
    assert published == set(presets) - {"tiny", "small"}
    assert {presets[name].parameters.get("conventions") for name in published} == {"caffe"}


def test_unknown_conventions_are_refused() -> None:
    with pytest.raises(ValueError, match="conventions must be 'torch' or 'caffe', not 'keras'"):
        net("fractalnet[tiny, conventions=keras]")
