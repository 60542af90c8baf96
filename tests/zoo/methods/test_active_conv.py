from __future__ import annotations

import copy

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional
from torchvision.ops import deform_conv2d

import zoo
from benchmarks.conformance.cases import DIGITS, TASK, trained
from zoo.methods.active_conv import ActiveConv, ActiveConvNet
from zoo.network import count_parameters
from zoo.serving.lean import as_ordinary_convolution
from zoo.sizing.unit_costs import measure_ledger

GRID = torch.tensor([(y, x) for y in (-1.0, 0.0, 1.0) for x in (-1.0, 0.0, 1.0) if (y, x) != (0, 0)])
IMAGES = next(DIGITS.test.batches(4)).images


def layer(stride: int = 1, reach: int = 2, warmup_steps: int = 0, channels: int = 1) -> ActiveConv:
    torch.manual_seed(0)
    host = nn.Conv2d(channels, 6, 3, stride=stride, padding=1, bias=False)
    return ActiveConv(host, reach=reach, warmup_steps=warmup_steps)


def sampled(x: Tensor, weight: Tensor, positions: Tensor, stride: int) -> Tensor:
    """The direct way: nine bilinear samples per pixel."""
    moved = positions - GRID
    offset = torch.cat([moved[:4], torch.zeros(1, 2), moved[4:]]).view(1, 18, 1, 1)
    size = (x.shape[2] - 1) // stride + 1
    out: Tensor = deform_conv2d(x, offset.expand(len(x), 18, size, size), weight, stride=stride, padding=1)
    return out


def test_at_its_initial_positions_the_kernel_is_the_hosts_surrounded_by_zeros() -> None:
    unit = layer()
    assert torch.equal(unit.kernel(), functional.pad(unit.weight, (1, 1, 1, 1)))


@pytest.mark.parametrize("stride", [1, 2])
def test_at_its_initial_positions_a_layer_is_a_plain_convolution(stride: int) -> None:
    unit = layer(stride)
    plain = functional.conv2d(IMAGES, unit.weight, stride=stride, padding=1)
    torch.testing.assert_close(unit(IMAGES), plain, atol=1e-6, rtol=0)


def moved_by(amount: float) -> Tensor:
    return (GRID + amount * torch.randn(8, 2, generator=torch.Generator().manual_seed(3))).clamp(-1.9, 1.9)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("amount", [0.0, 0.3, 1.5])
def test_answers_and_gradients_are_those_of_sampling(stride: int, amount: float) -> None:
    unit = layer(stride)
    with torch.no_grad():
        unit.positions.copy_(moved_by(amount))
    x, weight, positions = (t.detach().clone().requires_grad_() for t in (IMAGES, unit.weight, unit.positions))
    expected = sampled(x, weight, positions, stride)
    torch.testing.assert_close(unit(IMAGES), expected, atol=1e-5, rtol=0)

    direction = torch.randn(expected.shape, generator=torch.Generator().manual_seed(4))
    reference = torch.autograd.grad(expected, [x, weight, positions], direction)
    images = IMAGES.clone().requires_grad_()
    found = torch.autograd.grad(unit(images), [images, unit.weight, unit.positions], direction)
    torch.testing.assert_close(found[0], reference[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(found[1], reference[1], atol=1e-3, rtol=1e-5)
    torch.testing.assert_close(found[2], functional.normalize(reference[2], dim=1), atol=1e-4, rtol=0)


def test_taps_at_the_limit_of_their_reach_are_sampled_exactly() -> None:
    unit = layer()
    with torch.no_grad():
        unit.positions.copy_(2 * GRID)
        dilated = functional.conv2d(IMAGES, unit.weight, padding=2, dilation=2)
        torch.testing.assert_close(unit(IMAGES), dilated, atol=1e-6, rtol=0)


def test_position_gradients_have_unit_length_per_tap() -> None:
    unit = layer()
    unit(IMAGES).square().mean().backward()
    assert unit.positions.grad is not None
    torch.testing.assert_close(unit.positions.grad.norm(dim=1), torch.ones(8))


def test_a_tap_without_gradient_stays_where_it_is() -> None:
    unit = layer()
    (0 * unit(IMAGES)).sum().backward()
    assert unit.positions.grad is not None
    assert torch.equal(unit.positions.grad, torch.zeros(8, 2))


def test_copies_keep_normalising() -> None:
    unit = copy.deepcopy(layer())
    (1000 * unit(IMAGES).square()).sum().backward()
    assert unit.positions.grad is not None
    assert unit.positions.grad.norm(dim=1).max().item() == pytest.approx(1)


def test_positions_rest_during_warm_up_and_move_after_it() -> None:
    unit = layer(warmup_steps=2).train()
    optimizer = torch.optim.SGD(unit.parameters(), lr=0.1, momentum=0.9)
    rested = []
    for _ in range(4):
        optimizer.zero_grad()
        unit(IMAGES).square().mean().backward()
        optimizer.step()
        rested.append(torch.equal(unit.positions.detach(), GRID))
    assert rested == [True, True, False, False]


def test_taps_stay_within_their_reach() -> None:
    unit = layer(reach=1).train()
    with torch.no_grad():
        unit.positions.add_(0.7)
    unit(IMAGES)
    assert unit.positions.abs().max() <= 1


def test_a_layer_has_sixteen_learnables_more_than_its_host() -> None:
    assert count_parameters(layer()) == 6 * 9 + 16


def test_positions_learn_slowly_and_never_decay() -> None:
    net = zoo.create("active_conv", TASK)
    assert isinstance(net, ActiveConvNet)
    _, positions = net.param_groups()
    assert (positions.lr_scale, positions.weight_decay_scale) == (0.01, 0.0)
    assert [p.shape for p in positions.parameters] == [(8, 2)] * 4


@pytest.mark.parametrize("preset", ["plain-acu", "plain"])
def test_in_the_papers_networks_only_weights_of_convolutions_and_the_classifier_decay(preset: str) -> None:
    with torch.device("meta"):
        net = zoo.create(f"active_conv[{preset}]")
    names = {id(parameter): name for name, parameter in net.named_parameters()}
    decaying = {
        names[id(parameter)]
        for group in net.param_groups()
        if group.weight_decay_scale
        for parameter in group.parameters
    }
    kept = {name for name in names.values() if name not in decaying}
    assert all(net.get_parameter(name).ndim in (2, 4) and not name.endswith("positions") for name in decaying)
    assert all(net.get_parameter(name).ndim == 1 or name.endswith("positions") for name in kept)
    assert sum(group.lr_scale == 1 for group in net.param_groups()) == 2


def test_in_the_suites_networks_everything_but_positions_decays() -> None:
    decaying, positions = zoo.create("active_conv", TASK).param_groups()
    assert (decaying.weight_decay_scale, positions.weight_decay_scale) == (1.0, 0.0)


def test_positions_move_in_training_by_fractions_of_a_pixel() -> None:
    net = trained("active_conv[tiny]").net
    assert isinstance(net, ActiveConvNet)
    for unit in net.active().values():
        moved = (unit.positions.detach() - GRID).norm(dim=1)
        assert (moved > 1e-4).all()
        assert (moved < 1).all()


def test_the_plain_network_has_the_layers_of_the_official_definition() -> None:
    # 1x1 to 16, six 3x3 layers, 1x1 to 1000, each with batch norm, and a classifier with bias
    convolutions = 3 * 16 + 9 * (16 * 48 + 48 * 48 + 48 * 96 + 96 * 96 + 96 * 192 + 192 * 192) + 192 * 1000
    norms = 2 * (16 + 2 * 48 + 2 * 96 + 2 * 192 + 1000)
    with torch.device("meta"):
        plain, active = zoo.create("active_conv[plain]"), zoo.create("active_conv[plain-acu]")
    assert count_parameters(plain) == convolutions + norms + 1000 * 10 + 10
    assert count_parameters(active) == count_parameters(plain) + 6 * 16


def test_active_layers_cost_their_folded_kernel() -> None:
    plain = measure_ledger(zoo.create("active_conv[plain]"))
    active = measure_ledger(zoo.create("active_conv[plain-acu]"))
    assert plain.unit_macs.tolist() == [
        9 * pixels * channels
        for pixels, channels in [
            (32 * 32, 16 * 48),
            (32 * 32, 48 * 48),
            (16 * 16, 48 * 96),
            (16 * 16, 96 * 96),
            (8 * 8, 96 * 192),
            (8 * 8, 192 * 192),
        ]
    ]
    assert (active.unit_macs * 9).tolist() == (plain.unit_macs * 25).tolist()
    assert active.fixed_macs == plain.fixed_macs


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("trunk=vgg", "trunk must be 'resnet', 'plain' or 'alexnet'"),
        ("stages=(0,)", "different numbers from 1 to 3"),
        ("reach=0", "reach must be at least 1"),
        ("trunk=plain, blocks=(2, 2)", "one number per stage"),
    ],
)
def test_impossible_parameters_are_refused(parameters: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        zoo.create(f"active_conv[{parameters}]", TASK)


def grouped(groups: int) -> ActiveConv:
    torch.manual_seed(0)
    host = nn.Conv2d(1, 6, 3, padding=1)
    unit = ActiveConv(host, groups=groups)
    with torch.no_grad():
        unit.positions.copy_(torch.cat([moved_by(0.3 * (g + 1)) for g in range(groups)]))
    return unit


def test_each_group_of_output_channels_samples_at_its_own_positions() -> None:
    unit = grouped(3)
    assert unit.bias is not None
    pairs = zip(unit.weight.chunk(3), unit.positions.chunk(3), strict=True)
    expected = torch.cat([sampled(IMAGES, weight, places, 1) for weight, places in pairs], dim=1)
    torch.testing.assert_close(unit(IMAGES), expected + unit.bias.view(1, -1, 1, 1), atol=1e-5, rtol=0)


def test_groups_add_sixteen_learnables_each() -> None:
    with torch.device("meta"):
        one, four = zoo.create("active_conv[plain-acu]"), zoo.create("active_conv[plain-acu-g4]")
    assert count_parameters(four) - count_parameters(one) == 6 * 3 * 16


def test_groups_that_do_not_divide_the_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="position_groups must divide the 6 channels of a layer, not 4"):
        grouped(4)


def test_a_bias_is_served_with_its_kernel() -> None:
    unit = grouped(2).eval()
    with torch.no_grad():
        torch.testing.assert_close(as_ordinary_convolution(unit)(IMAGES), unit(IMAGES))


def test_alexnet_is_torchvisions_and_its_3x3_layers_are_active() -> None:
    with torch.device("meta"):
        plain, active = zoo.create("active_conv[alexnet]"), zoo.create("active_conv[alexnet-acu]")
        theirs = torchvision.models.alexnet(num_classes=365)
    shapes = [tuple(p.shape) for p in theirs.parameters()]
    assert [tuple(p.shape) for p in plain.parameters()] == shapes
    assert count_parameters(plain) == 58_499_245
    assert count_parameters(active) == count_parameters(plain) + 3 * 16
    ledgers = [measure_ledger(net) for net in (plain, active)]
    layers = [13 * 13 * 9 * pair for pair in (192 * 384, 384 * 256, 256 * 256)]
    assert ledgers[0].unit_macs.tolist() == layers
    assert (ledgers[1].unit_macs * 9).tolist() == [25 * macs for macs in layers]
    assert ledgers[0].nominal == 711_587_520


def test_alexnet_answers_as_torchvisions_with_its_weights() -> None:
    torch.manual_seed(0)
    net = zoo.create("active_conv[trunk=alexnet, stages=()]", zoo.Task(shape=(3, 64, 64), classes=5)).eval()
    assert isinstance(net, ActiveConvNet)
    theirs = torchvision.models.alexnet(num_classes=5).eval()
    theirs.load_state_dict(dict(zip(theirs.state_dict(), net.trunk.state_dict().values(), strict=True)))
    images = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(net(images).logits, theirs(net.normalize(images)))


def test_alexnet_needs_63_pixels() -> None:
    with pytest.raises(ValueError, match="at least 63 pixels, not 28 x 28"):
        zoo.create("active_conv[trunk=alexnet]", TASK)


def test_only_plain_3x3_convolutions_become_active() -> None:
    with pytest.raises(ValueError, match="only plain 3x3 convolutions"):
        ActiveConv(nn.Conv2d(4, 4, 5, padding=2, bias=False))
