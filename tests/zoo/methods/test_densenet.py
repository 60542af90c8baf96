"""Dense connections: what a layer reads and keeps, the official number of weights, and torchvision's answers."""

from __future__ import annotations

import pytest
import torch
import torchvision
from torch import nn

import zoo
from benchmarks.conformance.cases import TASK
from zoo.methods.densenet import DenseBlock, DenseNet, transition
from zoo.sizing.unit_costs import MacCounter


def cifar_counts(depth: int, growth: int, bottleneck: bool) -> tuple[int, int]:
    """Weights and multiply-accumulates along models/densenet.lua of liuzhuang13/DenseNet, on 32 x 32 pixels."""
    channels = 2 * growth if bottleneck else 16
    weights = macs = 0
    per_block = (depth - 4) // (6 if bottleneck else 3)
    for block, places in enumerate((32 * 32, 16 * 16, 8 * 8)):
        if block == 0:
            convolutions, norms, at = 27 * channels, 0, places
        else:  # a transition convolves before it pools
            kept = int(channels * (0.5 if bottleneck else 1))
            convolutions, norms, at, channels = channels * kept, 2 * channels, 4 * places, kept
        weights, macs = weights + convolutions + norms, macs + convolutions * at
        for _ in range(per_block):
            squeeze = channels * 4 * growth if bottleneck else 0
            inner = 4 * growth if bottleneck else channels
            convolutions = squeeze + 9 * inner * growth
            weights += convolutions + 2 * channels + (2 * inner if bottleneck else 0)
            macs += convolutions * places
            channels += growth
    return weights + 2 * channels + 10 * channels + 10, macs + 10 * channels


SIZES = [
    ("densenet-40-12", 40, 12, False, 1_019_722),
    ("densenet-100-12", 100, 12, False, 6_979_642),
    ("densenet-100-24", 100, 24, False, 27_249_082),
    ("densenet-bc-100-12", 100, 12, True, 769_162),
    ("densenet-bc-250-24", 250, 24, True, 15_324_406),
    ("densenet-bc-190-40", 190, 40, True, 25_624_430),
]


@pytest.mark.parametrize(("preset", "depth", "growth", "bottleneck", "expected"), SIZES)
def test_cifar_networks_have_the_papers_weights(
    preset: str, depth: int, growth: int, bottleneck: bool, expected: int
) -> None:
    with torch.device("meta"):
        net = zoo.create(f"densenet[{preset}]")
    assert zoo.count_parameters(net) == cifar_counts(depth, growth, bottleneck)[0] == expected


@pytest.mark.parametrize(
    ("preset", "depth", "bottleneck"), [("densenet-40-12", 40, False), ("densenet-bc-100-12", 100, True)]
)
def test_cifar_networks_cost_what_their_layers_add_up_to(preset: str, depth: int, bottleneck: bool) -> None:
    with torch.device("meta"), torch.no_grad(), MacCounter() as counter:
        zoo.create(f"densenet[{preset}]").eval()(torch.zeros(1, 3, 32, 32))
    assert counter.macs == cifar_counts(depth, 12, bottleneck)[1]


@pytest.mark.parametrize(("depth", "weights"), [(121, 7_978_856), (169, 14_149_480), (201, 20_013_928)])
def test_imagenet_networks_have_torchvisions_weights(depth: int, weights: int) -> None:
    with torch.device("meta"):
        ours = zoo.create(f"densenet[densenet-{depth}]")
        theirs = getattr(torchvision.models, f"densenet{depth}")()
    assert zoo.count_parameters(ours) == zoo.count_parameters(theirs) == weights


def test_densenet_121_answers_as_torchvisions_does() -> None:
    torch.manual_seed(0)
    ours = zoo.create("densenet[densenet-121]", zoo.Task(shape=(3, 64, 64), classes=1000)).eval()
    theirs = torchvision.models.densenet121().eval()
    own = [name for name in ours.state_dict() if not name.startswith("normalize")]
    ours.load_state_dict(dict(zip(own, theirs.state_dict().values(), strict=True)), strict=False)
    images = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(ours(images).logits, theirs(images), atol=1e-4, rtol=1e-4)


def test_a_layer_reads_everything_before_it_and_its_block_keeps_it() -> None:
    class Total(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.sum(dim=1, keepdim=True)

    out = DenseBlock([Total(), Total(), Total()])(torch.tensor([1.0, 2.0]).view(1, 2, 1, 1))
    assert out.flatten().tolist() == [1.0, 2.0, 3.0, 6.0, 12.0]


def test_a_transition_floors_the_channels_that_it_keeps() -> None:
    net = zoo.create("densenet[blocks=(1, 1), growth=5, stem_width=6]", TASK)  # 6 + 5 = 11 channels, of which 5 stay
    assert isinstance(net, DenseNet)
    ones = [m for m in net.features[2].modules() if isinstance(m, nn.Conv2d)]
    assert [(m.in_channels, m.out_channels) for m in ones] == [(11, 5)]


def test_a_transition_halves_the_resolution() -> None:
    assert transition(6, 3, 0.0)(torch.rand(2, 6, 14, 14)).shape == (2, 3, 7, 7)


def test_the_stem_is_twice_the_growth_with_bottlenecks_and_16_without() -> None:
    for selector, width in {"densenet[growth=7]": 14, "densenet[growth=7, bottleneck=false]": 16}.items():
        net = zoo.create(selector, TASK)
        assert isinstance(net, DenseNet)
        assert net.features[0].out_channels == width


def test_the_official_code_has_a_wider_stem_without_bottlenecks() -> None:
    with torch.device("meta"):
        net = zoo.create("densenet[densenet-40-12, stem_width=24]")
    # 8 more channels everywhere: the stem 27 * 8; 36 layers 8 * (9 * 12 + 2); two transitions, of 8 more channels
    # each, 168 and 312 wide: (168^2 - 160^2) + 16 and (312^2 - 304^2) + 16; the end 8 * (2 + 10).
    more = 27 * 8 + 36 * 8 * 110 + (168**2 - 160**2 + 16) + (312**2 - 304**2 + 16) + 8 * 12
    assert zoo.count_parameters(net) == 1_019_722 + more


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("densenet[growth=0]", "must be positive"),
        ("densenet[compression=0]", "compression must be"),
        ("densenet[dropout=1.0]", "dropout must be"),
        ("densenet[stem_kind=wide]", "stem must be"),
    ],
)
def test_parameters_that_make_no_network_are_refused(selector: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        zoo.create(selector, TASK)
