"""Pre-activation: clean identity paths, shared activations where shapes change, and the official number of weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import zoo
from benchmarks import data
from benchmarks.conformance.cases import nominal_macs
from zoo.methods.preresnet import PreActBlock, PreActTrunk, PreResNet

DIGITS = next(data.load("mnist5k", train=64, test=64).test.batches(64)).images


def trunk(**parameters: object) -> PreActTrunk:
    shape = {"blocks": (2, 2, 2), "widths": (4, 8, 16), **parameters}
    torch.manual_seed(0)
    return PreActTrunk(zoo.Task(shape=(1, 28, 28), classes=10), **shape).eval()  # type: ignore[arg-type]


def blocks_of(net: PreActTrunk) -> list[PreActBlock]:
    return [block for block in net.blocks if isinstance(block, PreActBlock)]


def bottleneck_weights(depth: int) -> int:
    """Counted along resnet-pre-act.lua of KaimingHe/resnet-1k-layers; batch norms have two numbers a channel."""
    total, channels = 3 * 16 * 9 + 2 * 16, 16  # the first convolution, and the activation shared by the first unit
    for width in (16, 32, 64):
        inside = 2 * width + 9 * width**2 + 2 * width + 4 * width**2  # BN, 3x3, BN, 1x1 to 4 x width
        for unit in range((depth - 2) // 9):
            total += 0 if channels == 16 else 2 * channels  # the first unit's is counted above
            total += channels * width + inside
            total += channels * 4 * width if unit == 0 else 0  # projection without batch norm
            channels = 4 * width
    return total + 2 * channels + channels * 10 + 10


@pytest.mark.parametrize(("depth", "weights"), [(164, 1_703_258), (1001, 10_327_706)])
def test_bottleneck_networks_have_the_weights_of_the_official_code(depth: int, weights: int) -> None:
    with torch.device("meta"):
        net = zoo.create(f"preresnet[preresnet-{depth}]")
    assert zoo.count_parameters(net) == bottleneck_weights(depth) == weights


@pytest.mark.parametrize("depth", [20, 56, 110])
def test_basic_networks_have_the_weights_and_macs_of_the_original_resnet(depth: int) -> None:
    with torch.device("meta"):
        ours, original = zoo.create(f"preresnet[preresnet-{depth}]"), zoo.create(f"resnet[resnet-{depth}]")
    assert zoo.count_parameters(ours) == zoo.count_parameters(original)


def test_preresnet_20_costs_what_resnet_20_costs() -> None:
    assert nominal_macs(zoo.create("preresnet[preresnet-20]")) == 40_551_040


def test_a_block_without_branch_hands_on_its_input_unrectified() -> None:
    second = blocks_of(trunk())[1]
    second.branch = Nothing()
    x = torch.randn(2, 4, 6, 6)
    assert x.min() < 0
    assert torch.equal(second(x), x)


class Nothing(nn.Module):
    """Zero, in the shape of the input."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(x)


@pytest.mark.parametrize(("kind", "activated"), [("A", False), ("B", True)])
def test_only_a_projection_reads_the_activated_input(kind: str, activated: bool) -> None:
    widening = blocks_of(trunk(shortcut_kind=kind))[2]
    x = torch.randn(2, 4, 6, 6)
    read: list[torch.Tensor] = []
    widening.shortcut.register_forward_pre_hook(lambda module, inputs: read.append(inputs[0].clone()))
    widening(x)
    expected = nn.functional.relu(x / (1 + 1e-5) ** 0.5) if activated else x
    torch.testing.assert_close(read[0], expected)


def test_the_first_activation_stands_behind_the_stem() -> None:
    net = trunk()
    assert isinstance(blocks_of(net)[0].activate, nn.Identity)
    assert net.stem(DIGITS).min() == 0


def test_the_bottlenecks_stride_is_in_the_first_convolution() -> None:
    branch = blocks_of(trunk(block="bottleneck"))[2].branch
    strides = [module.stride for module in branch.modules() if isinstance(module, nn.Conv2d)]
    assert strides == [(2, 2), (1, 1), (1, 1)]


def test_every_branch_is_a_unit() -> None:
    net = zoo.create("preresnet[blocks=(1, 3, 2)]", zoo.Task(shape=(1, 28, 28), classes=10))
    assert isinstance(net, PreResNet)
    assert net.units == (
        "stage1.block1",
        "stage2.block1",
        "stage2.block2",
        "stage2.block3",
        "stage3.block1",
        "stage3.block2",
    )
    assert net.eval()(DIGITS).route.all()


@pytest.mark.parametrize(
    ("parameters", "message"), [({"shortcut_kind": "C"}, "shortcut must be"), ({"block": "odd"}, "block must be")]
)
def test_parameters_that_make_no_network_are_refused(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        trunk(**parameters)
