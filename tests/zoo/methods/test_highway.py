"""Highway layers: what gates do to their input, how they start and what they learn, and the official networks."""

from __future__ import annotations

import copy
import math
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch

import zoo
from benchmarks import data
from benchmarks.conformance.cases import nominal_macs
from benchmarks.records.checkpoint import FileCheckpoint
from benchmarks.training.loop import accuracy, train
from benchmarks.training.recipe import Recipe
from benchmarks.training.tasks import task_of
from zoo.methods.highway import Highway, HighwayLayer

DIGITS = data.load("mnist5k", train=1500, test=300)
CPU = torch.device("cpu")


def highway(selector: str = "highway") -> Highway:
    torch.manual_seed(0)
    net = zoo.create(selector, task_of(DIGITS.info))
    assert isinstance(net, Highway)
    return net


def layers_of(net: Highway) -> list[HighwayLayer]:
    return [module for module in net.modules() if isinstance(module, HighwayLayer)]


@cache
def trained() -> Highway:
    """Shared: tests that change it copy it."""
    net = highway()
    recipe = Recipe(epochs=5, batch_size=50, lr=0.1, warmup=0.25)
    with TemporaryDirectory() as folder:
        train(net, DIGITS, recipe, seed=0, device=CPU, checkpoint=FileCheckpoint(Path(folder) / "checkpoint.pt"))
    return net


def gate_openness(net: Highway) -> torch.Tensor:
    with torch.no_grad():
        out: zoo.Forward = net.eval()(next(DIGITS.test.batches(300)).images)
    assert out.gate_probs is not None
    return out.gate_probs


@pytest.mark.parametrize(("bias", "kept"), [(-50.0, 1.0), (50.0, 0.0)])
def test_a_shut_gate_carries_and_an_open_gate_transforms(bias: float, kept: float) -> None:
    layer = HighwayLayer(3)
    torch.nn.init.constant_(layer.gate.bias, bias)  # type: ignore[arg-type]
    x = torch.randn(2, 3, 5, 5)
    out, opened = layer(x)
    torch.testing.assert_close(out, kept * x + (1 - kept) * torch.relu(layer.transform(x)))
    torch.testing.assert_close(opened, torch.full((2,), 1 - kept))


def test_a_half_open_gate_gives_the_mean_of_both() -> None:
    layer = HighwayLayer(2)
    for parameter in layer.parameters():
        torch.nn.init.zeros_(parameter)
    torch.nn.init.constant_(layer.transform.bias, 3.0)  # type: ignore[arg-type]
    out, opened = layer(torch.full((1, 2, 4, 4), 5.0))
    assert out.unique().tolist() == [4.0]  # (3 + 5) / 2
    assert opened.tolist() == [0.5]


@pytest.mark.parametrize("bias", [-1.0, -2.0])
def test_gates_start_as_shut_as_their_bias_says(bias: float) -> None:
    openness = gate_openness(highway(f"highway[gate_bias={bias}]"))
    assert openness.mean().item() == pytest.approx(1 / (1 + math.exp(-bias)), abs=0.05)


def test_gates_learn_to_depend_on_the_picture() -> None:
    openness = gate_openness(trained())
    assert openness.shape == (300, 5)
    assert (openness.std(dim=0) > 1e-3).any()


def test_closing_one_layer_of_a_trained_network_leaves_a_working_one() -> None:
    net = copy.deepcopy(trained())
    whole = accuracy(net, DIGITS.test, CPU)
    torch.nn.init.constant_(layers_of(net)[1].gate.bias, -50.0)  # type: ignore[arg-type]
    assert whole > 0.85
    assert accuracy(net, DIGITS.test, CPU) > 0.3  # chance is 0.1; a plain layer cannot be taken out at all


def test_every_picture_uses_every_layer() -> None:
    net = highway().eval()
    route = net(next(DIGITS.test.batches(8)).images, compute="needed").route
    assert route.shape == (8, 5)
    assert route.all()


# Highway convolutions count twice: w channels have 2 * (9 w^2 + w) weights: 4,640 for 16, 18,496 for 32, 73,856 for 64,
# 115,360 for 80, 295,168 for 128.
WEIGHTS = {
    # 5x5 to 16 (416), 8 layers, 9 * 16 features to 10 classes
    "highway-mnist-16": 416 + 8 * 4_640 + 1_450,
    # 5x5 to 32 (832; sample.log of the official code prints it), 8 layers, 9 * 32 features to 10 classes
    "highway-mnist-32": 832 + 8 * 18_496 + 2_890,
    # 3x3 to 32, 4 layers; 3x3 to 80, 5 layers; 3x3 to 128, 5 layers; 1x1 to 100; 10 classes
    "highway-19": 896 + 4 * 18_496 + 23_120 + 5 * 115_360 + 92_288 + 5 * 295_168 + 12_900 + 1_010,
    "highway-11": 448 + 2 * 4_640 + 4_640 + 2 * 18_496 + 18_496 + 2 * 73_856 + 6_500 + 1_010,
}


@pytest.mark.parametrize("preset", WEIGHTS)
def test_published_networks_have_the_weights_of_the_official_layers(preset: str) -> None:
    assert zoo.count_parameters(zoo.create(f"highway[{preset}]")) == WEIGHTS[preset]


def test_depths_are_those_of_the_names() -> None:
    for preset, depth in {"highway-mnist-16": 10, "highway-11": 11, "highway-19": 19}.items():
        net = zoo.create(f"highway[{preset}]")
        others = [m for m in net.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
        assert len(others) - len(net.units) == depth  # transform and gate of a layer are one


def test_the_mnist_network_costs_what_its_layers_add_up_to() -> None:
    # 24 x 24, 12 x 12 and 6 x 6 places with 2, 3 and 3 layers
    macs = 576 * 25 * 32 + (2 * 576 + 3 * 144 + 3 * 36) * 2 * 9 * 32 * 32 + 288 * 10
    assert nominal_macs(zoo.create("highway[highway-mnist-32]")) == macs


def test_biases_learn_twice_as_fast_and_do_not_decay() -> None:
    weights, classifier, biases = highway("highway[lr_scale=0.5]").param_groups()
    assert (weights.lr_scale, classifier.lr_scale, biases.lr_scale) == (0.5, 0.5, 1.0)
    assert (weights.weight_decay_scale, classifier.weight_decay_scale, biases.weight_decay_scale) == (1, 10, 0)
    assert all(parameter.ndim == 1 for parameter in biases.parameters)


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("highway[layers=(1, 1)]", "one number per stage"),
        ("highway[pool=4]", "pool must be"),
        ("highway[head=round]", "head must be"),
        ("highway[dropout=(0.1, 0.2)]", "dropout must be 4 rates"),
        ("highway[layers=(0, 1, 1)]", "must be positive"),
    ],
)
def test_parameters_that_make_no_network_are_refused(selector: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        highway(selector)
