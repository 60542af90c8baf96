"""Wide residual networks: the official number of weights, and dropout between convolutions."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import zoo
from benchmarks.conformance.cases import DIGITS, TASK
from zoo.methods.wideresnet import WideResNet


def weights(depth: int, widen: int, classes: int = 10) -> int:
    """Counted along pytorch/resnet.py of szagoruyko/wide-residual-networks."""
    total, channels = 3 * 16 * 9, 16
    for width in (16 * widen, 32 * widen, 64 * widen):
        for block in range((depth - 4) // 6):
            total += 2 * channels + channels * width * 9  # bn0, conv0
            total += 2 * width + width * width * 9  # bn1, conv1
            total += channels * width if block == 0 else 0  # convdim, without batch norm
            channels = width
    return total + 2 * channels + channels * classes + classes


SIZES = [(16, 4, 2_748_890), (16, 8, 10_961_370), (40, 4, 8_949_210), (28, 10, 36_479_194)]


@pytest.mark.parametrize(("depth", "widen", "expected"), SIZES)
def test_published_networks_have_the_weights_of_the_official_code(depth: int, widen: int, expected: int) -> None:
    with torch.device("meta"):
        net = zoo.create(f"wideresnet[wrn-{depth}-{widen}]")
    assert zoo.count_parameters(net) == weights(depth, widen) == expected


def test_units_and_classes_of_wrn_28_10_on_cifar_100() -> None:
    with torch.device("meta"):
        net = zoo.create("wideresnet[wrn-28-10]", zoo.Task(shape=(3, 32, 32), classes=100))
    assert len(net.units) == 12
    assert zoo.count_parameters(net) == weights(28, 10, 100)


def test_dropout_stands_between_the_two_convolutions_of_every_block() -> None:
    net = zoo.create("wideresnet[dropout=0.3]", TASK)
    assert isinstance(net, WideResNet)
    for modules in net.unit_modules().values():
        kinds = [type(m) for m in modules[0].modules() if isinstance(m, nn.Conv2d | nn.Dropout | nn.ReLU)]
        assert kinds == [nn.Conv2d, nn.ReLU, nn.Dropout, nn.Conv2d]


def test_dropout_changes_answers_in_training_only() -> None:
    torch.manual_seed(0)
    net = zoo.create("wideresnet[dropout=0.3]", TASK)
    images = next(DIGITS.train.batches(16)).images
    with torch.no_grad():
        assert not torch.equal(net.train()(images).logits, net(images).logits)
        assert torch.equal(net.eval()(images).logits, net(images).logits)


def test_widths_follow_the_factor_and_the_stem_does_not() -> None:
    net = zoo.create("wideresnet[widen=1.5]", TASK)
    assert isinstance(net, WideResNet)
    widths = [m.out_channels for m in net.trunk.modules() if isinstance(m, nn.Conv2d) and m.kernel_size == (3, 3)]
    assert widths == [16, 24, 24, 48, 48, 96, 96]


def test_the_paper_multiplies_the_rate_by_a_fifth() -> None:
    recipe = zoo.method("wideresnet").presets["wrn-28-10"].recipe
    epochs = [round(milestone * recipe["epochs"]) for milestone in recipe["milestones"]]
    assert (epochs, recipe["step_factor"]) == ([60, 120, 160], 0.2)


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("wideresnet[blocks=(1, 1)]", "three numbers"),
        ("wideresnet[dropout=1]", "dropout must be"),
        ("wideresnet[widen=0.01]", "must be positive"),
    ],
)
def test_parameters_that_make_no_network_are_refused(selector: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        zoo.create(selector, TASK)
