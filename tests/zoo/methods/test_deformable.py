from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

import zoo
from benchmarks.conformance.cases import CPU, DIGITS, TASK, trained
from benchmarks.training.numerics import autocast
from zoo.methods.deformable.network import DeformableNet
from zoo.network import count_parameters
from zoo.sizing.unit_costs import measure_ledger


def fresh(selector: str, seed: int = 0) -> DeformableNet:
    torch.manual_seed(seed)
    net = zoo.create(selector, TASK)
    assert isinstance(net, DeformableNet)
    return net


@pytest.mark.parametrize(
    ("preset", "parameters"),
    [
        ("resnet-20-v1", 300_880),
        ("resnet-20-v2", 316_459),
        ("resnet-20-v2-all-stages", 351_613),
        ("resnet-110-v2-last-3", 1_774_699),
    ],
)
def test_published_backbones_have_the_expected_parameters(preset: str, parameters: int) -> None:
    with torch.device("meta"):
        assert count_parameters(zoo.create(f"deformable[{preset}]")) == parameters


def test_resnet_50_is_deformed_in_all_3x3_convolutions_of_conv3_to_conv5() -> None:
    with torch.device("meta"):
        net, plain = zoo.create("deformable[resnet-50-v2]"), zoo.create("resnet[resnet-50]")
    assert isinstance(net, DeformableNet)
    deformed = net.deformed()
    assert len(deformed) == 4 + 6 + 3
    assert [layer.weight.shape[0] for layer in deformed.values()] == [128] * 4 + [256] * 6 + [512] * 3
    extra = sum(9 * c * 27 + 27 for c in [128] * 4 + [256] * 6 + [512] * 3)
    assert count_parameters(net) == count_parameters(plain) + extra


@pytest.mark.parametrize(("preset", "channels"), [("resnet-20-v1", 18), ("resnet-20-v2", 27)])
def test_resnet_20_costs_its_hosts_offset_convolutions_and_samples(preset: str, channels: int) -> None:
    plain = measure_ledger(zoo.create("resnet[resnet-20]")).nominal
    per_layer = 8 * 8 * 9 * (64 * channels + 4 * 64)
    assert measure_ledger(zoo.create(f"deformable[{preset}]")).nominal == plain + 3 * per_layer


@pytest.mark.parametrize("parameters", ["version=1", "mask_scale=2.0"])
def test_an_untrained_network_is_its_resnet_where_masks_start_at_one(parameters: str) -> None:
    net = fresh(f"deformable[widths=(16, 32, 64), {parameters}]").eval()
    torch.manual_seed(0)
    plain = zoo.create("resnet", TASK).eval()
    images = next(DIGITS.test.batches(8)).images
    with torch.no_grad():
        torch.testing.assert_close(net(images).logits, plain(images).logits, atol=1e-4, rtol=0)


@pytest.mark.parametrize(("version", "scale"), [(1, 1.0), (2, 0.1)])
def test_offsets_learn_at_the_papers_rate(version: int, scale: float) -> None:
    net = fresh(f"deformable[version={version}]")
    others, offsets = net.param_groups()
    assert others.lr_scale == 1.0
    assert offsets.lr_scale == scale
    assert count_parameters([layer.offset for layer in net.deformed().values()]) == sum(
        p.numel() for p in offsets.parameters
    )


def positions(net: DeformableNet, images: Tensor) -> list[Tensor]:
    """Offsets of every deformed layer."""
    found: list[Tensor] = []
    for layer in net.deformed().values():
        layer.offset.register_forward_hook(lambda _module, _inputs, out: found.append(out))
    with torch.no_grad():
        net(images)
    return found


def test_a_trained_network_looks_elsewhere_for_every_picture() -> None:
    case = trained("deformable[tiny]")
    net = copy.deepcopy(case.net)
    assert isinstance(net, DeformableNet)
    for moves in positions(net, case.images[:8]):
        offsets = moves[:, :18].flatten(1)
        assert offsets.abs().max() > 0.01
        assert torch.cdist(offsets, offsets).flatten()[1:].sort().values[7:].min() > 1e-3


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("bf16", [False, True])
def test_a_diverged_network_is_an_error_and_no_dead_process(training: bool, bf16: bool) -> None:
    net = fresh("deformable").train(training)
    layer = next(iter(net.deformed().values()))
    assert layer.offset.bias is not None
    nn.init.constant_(layer.offset.bias, float("nan"))
    images = next(DIGITS.test.batches(4)).images
    with pytest.raises(FloatingPointError, match="lower the learning rate"), autocast("bf16" if bf16 else "fp32", CPU):
        net(images)


def test_training_in_bf16_reaches_offsets_and_hosts() -> None:
    net = fresh("deformable").train()
    batch = next(DIGITS.train.batches(16))
    with autocast("bf16", CPU):
        out = net(batch.images)
    net.loss(out, batch.labels).backward()
    for layer in net.deformed().values():
        for parameter in (layer.weight, layer.offset.weight):
            assert parameter.grad is not None
            assert torch.isfinite(parameter.grad).all()
            assert parameter.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("parameters", "layers"),
    [
        ("last=none", ["backbone.blocks.4.branch.3", "backbone.blocks.5.branch.3"]),
        ("last=1", ["backbone.blocks.5.branch.3"]),
        ("stages=(1, 3), last=1", ["backbone.blocks.1.branch.3", "backbone.blocks.5.branch.3"]),
        ("stages=()", []),
    ],
)
def test_stages_and_last_say_which_layers_are_deformed(parameters: str, layers: list[str]) -> None:
    assert list(fresh(f"deformable[{parameters}]").deformed()) == layers


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("version=3", "version must be 1 or 2"),
        ("stages=(4,)", "different numbers from 1 to 3"),
        ("stages=(2, 2)", "different numbers from 1 to 3"),
        ("last=0", "at least 1 block"),
        ("mask_scale=0.0", "mask_scale must be positive"),
        ("offset_groups=7", "offset_groups must divide the 60 channels"),
    ],
)
def test_impossible_parameters_are_refused(parameters: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        zoo.create(f"deformable[{parameters}]", TASK)
