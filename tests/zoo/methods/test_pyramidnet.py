"""PyramidNet against its paper: widths, sizes, costs, and the block that never activates its sum."""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import Any

import pytest
import torch
from torch import nn

import zoo
from benchmarks import data
from benchmarks.records.sizes import size
from benchmarks.training.tasks import task_of
from zoo.execution.gated_block import gated_residual
from zoo.methods.pyramidnet import PyramidBlock, PyramidNet, PyramidShortcut, basic_pyramid_branch, stage_widths
from zoo.sizing.unit_costs import MacCounter, measure_ledger

DIGIT = zoo.Task(shape=(1, 28, 28), classes=10)
PUBLISHED = [name for name in zoo.method("pyramidnet").presets if name not in ("tiny", "small")]


@cache
def on_meta(preset: str) -> PyramidNet:
    with torch.device("meta"):
        net = zoo.create(zoo.Selector("pyramidnet", preset))
    assert isinstance(net, PyramidNet)
    return net


def widths_of(preset: str) -> list[list[int]]:
    parameters = dict(zoo.method("pyramidnet").presets[preset].parameters)
    wanted = ("blocks", "start", "alpha", "widening", "rounding")
    return stage_widths(**{"start": 16} | {key: parameters[key] for key in wanted if key in parameters})


def flat(stages: list[list[int]]) -> list[int]:
    return list(chain.from_iterable(stages))


STAGE_ENDS = {
    "pyramidnet-110-a48": [32, 48, 64],
    "pyramidnet-110-a84": [44, 72, 100],
    "pyramidnet-110-a270": [106, 196, 286],
    "pyramidnet-200-a240": [96, 176, 256],
    "pyramidnet-236-a220": [89, 163, 236],
    "pyramidnet-272-a200": [83, 149, 216],
}


@pytest.mark.parametrize(("preset", "ends"), STAGE_ENDS.items())
def test_stages_end_at_the_authors_widths(preset: str, ends: list[int]) -> None:
    assert [stage[-1] for stage in widths_of(preset)] == ends


FEATURES = {
    "pyramidnet-110-mul-a4.75": 76,
    "pyramidnet-110-mul-a8": 128,
    "pyramidnet-110-mul-a27": 432,
    "pyramidnet-110-a270": 286,
    "pyramidnet-164-a48": 256,
    "pyramidnet-164-a84": 400,
    "pyramidnet-164-a270": 1144,
    "pyramidnet-200-a240": 1024,
    "pyramidnet-236-a220": 944,
    "pyramidnet-272-a200": 864,
    "pyramidnet-200-a300": 1456,
}


@pytest.mark.parametrize(("preset", "features"), FEATURES.items())
def test_the_classifier_sees_the_published_number_of_features(preset: str, features: int) -> None:
    classifier = on_meta(preset).head[-1]
    assert isinstance(classifier, nn.Linear)
    assert classifier.in_features == features


PARAMETERS = {
    "pyramidnet-110-a48": 1_772_706,
    "pyramidnet-110-a48-c100": 1_778_556,
    "pyramidnet-110-a270": 28_485_477,
    "pyramidnet-110-a270-c100": 28_511_307,
    "pyramidnet-164-a48": 1_715_442,
    "pyramidnet-164-a48-c100": 1_738_572,
    "pyramidnet-164-a270": 27_216_021,
    "pyramidnet-164-a270-c100": 27_319_071,
    "pyramidnet-200-a240": 26_752_702,
    "pyramidnet-200-a240-c100": 26_844_952,
    "pyramidnet-272-a200": 26_210_842,
    "pyramidnet-272-a200-c100": 26_288_692,
    "pyramidnet-101-a360": 42_455_070,
    "pyramidnet-200-a300": 62_368_168,
}


@pytest.mark.parametrize(("preset", "parameters"), PARAMETERS.items())
def test_published_networks_have_the_authors_parameters(preset: str, parameters: int) -> None:
    assert zoo.count_parameters(on_meta(preset)) == parameters


@pytest.mark.parametrize("preset", PUBLISHED)
def test_printed_parameters_are_within_five_percent(preset: str) -> None:
    printed = zoo.method("pyramidnet").presets[preset].published[0].parameters
    assert zoo.count_parameters(on_meta(preset)) == pytest.approx(printed, rel=0.05)


def convolution_macs(preset: str) -> float:
    net = on_meta(preset)
    classifier = net.head[-1]
    assert isinstance(classifier, nn.Linear)
    return (measure_ledger(net).nominal - classifier.weight.numel()) / 1e6


@pytest.mark.parametrize(
    ("preset", "macs"),
    [
        ("pyramidnet-110-a48", 403.8),
        ("pyramidnet-164-a48", 388.4),
    ],
)
def test_published_cifar_networks_cost_what_was_measured(preset: str, macs: float) -> None:
    assert convolution_macs(preset) == pytest.approx(macs, abs=0.051)


def test_at_28_million_parameters_the_multiplicative_network_is_44_percent_cheaper() -> None:
    multiplied, added = (size(zoo.Selector("pyramidnet", f"pyramidnet-110-{name}")) for name in ("mul-a27", "a270"))
    assert (multiplied.parameters, added.parameters) == pytest.approx((28e6, 28e6), rel=0.05)
    assert 1 - multiplied.macs / added.macs == pytest.approx(0.44, abs=0.005)


@pytest.mark.parametrize("rounding", ["nearest", "floor"])
@pytest.mark.parametrize(
    ("widening", "alpha"), [("add", 0), ("add", 7), ("add", 84), ("multiply", 1), ("multiply", 5.5)]
)
def test_widths_never_shrink(widening: Any, alpha: float, rounding: Any) -> None:
    widths = flat(stage_widths((5, 3, 7), 16, alpha, widening, rounding))
    assert widths == sorted(widths)
    assert widths[0] >= 16


def test_widths_accumulate_as_real_numbers() -> None:
    additive = flat(stage_widths((2, 2), 10, 2, "add", "nearest"))
    literal = flat(stage_widths((2, 2), 10, 2, "add", "floor"))
    assert additive == [11, 11, 12, 12]
    assert literal == [10, 11, 11, 12]
    assert flat(stage_widths((1, 2), 16, 27, "multiply", "nearest")) == [48, 144, 432]


@pytest.mark.parametrize("preset", ["pyramidnet-110-a48", "pyramidnet-200-a240", "pyramidnet-272-a200"])
def test_rounding_or_flooring_are_different_networks(preset: str) -> None:
    parameters = dict(zoo.method("pyramidnet").presets[preset].parameters)
    blocks, alpha = parameters["blocks"], parameters["alpha"]
    nearest = flat(stage_widths(blocks, 16, alpha, "add", "nearest"))
    floored = flat(stage_widths(blocks, 16, alpha, "add", "floor"))
    assert 24 <= sum(a != b for a, b in zip(nearest, floored, strict=True)) <= 42


def test_the_first_bottleneck_quadruples_the_width_that_it_rounds_to() -> None:
    first = on_meta("pyramidnet-164-a48").blocks[0]
    assert first.in_channels == 16
    assert first.shortcut.new_channels == 4 * round(16 + 48 / 54) - 16


def test_the_shortcut_is_the_identity_and_zeros_behind_it() -> None:
    x = torch.randn(2, 3, 5, 5)
    out = PyramidShortcut(2, 1)(x)
    assert torch.equal(out[:, :3], x)
    assert torch.equal(out[:, 3:], torch.zeros(2, 2, 5, 5))


def test_at_stride_two_the_shortcut_averages_and_rounds_up() -> None:
    x = torch.arange(9.0).view(1, 1, 3, 3)
    out = PyramidShortcut(1, 2)(x)
    assert out[0, 0].tolist() == [[2.0, 3.5], [6.5, 8.0]]
    assert out[0, 1].tolist() == [[0.0, 0.0], [0.0, 0.0]]


def block(stride: int) -> PyramidBlock:
    torch.manual_seed(0)
    made = PyramidBlock(basic_pyramid_branch(3, 5, stride), PyramidShortcut(2, stride), in_channels=3)
    return made.eval()


@pytest.mark.parametrize("stride", [1, 2])
def test_a_block_is_its_shortcut_plus_its_branch_without_activation(stride: int) -> None:
    made, x = block(stride), torch.randn(4, 3, 7, 7)
    out = made(x)
    torch.testing.assert_close(out, made.shortcut(x) + made.branch(x))
    assert (out < 0).any()


@pytest.mark.parametrize("stride", [1, 2])
def test_a_block_can_be_left_out_per_sample(stride: int) -> None:
    made, x = block(stride), torch.randn(3, 3, 7, 7)
    gate = torch.tensor([1.0, 0.0, 1.0])
    for compute in ("all", "needed"):
        out = gated_residual(made, x, gate, compute)
        torch.testing.assert_close(out[1], made.shortcut(x)[1])
        torch.testing.assert_close(out[[0, 2]], made(x)[[0, 2]])


def test_gradients_pass_the_sum_in_place() -> None:
    made = block(1).train()
    x = torch.randn(4, 3, 7, 7, requires_grad=True)
    (gradient,) = torch.autograd.grad(made(x).square().sum(), x)
    (expected,) = torch.autograd.grad((made.shortcut(x) + made.branch(x)).square().sum(), x)
    torch.testing.assert_close(gradient, expected)


def kinds(module: nn.Module) -> str:
    letters = {nn.BatchNorm2d: "B", nn.ReLU: "R", nn.Conv2d: "C"}
    return "".join(letters.get(type(part), "") for part in module.modules())


@pytest.mark.parametrize(("preset", "order"), [("pyramidnet-110-a48", "BCBRCB"), ("pyramidnet-164-a48", "BCBRCBRCB")])
def test_branches_start_and_end_with_batch_norm(preset: str, order: str) -> None:
    net = on_meta(preset)
    assert {kinds(made.branch) for made in net.blocks} == {order}
    assert kinds(net.stem) == "CB"
    assert kinds(net.head) == "BR"


def test_the_imagenet_stem_is_activated() -> None:
    assert kinds(on_meta("pyramidnet-101-a360").stem) == "CBR"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"alpha": -1}, "alpha must be at least 0"),
        ({"alpha": 0.5, "widening": "multiply"}, "alpha must be at least 1"),
        ({"widening": "mul"}, "widening must be 'add' or 'multiply'"),
        ({"rounding": "ceil"}, "rounding"),
        ({"block": "wide"}, "block must be"),
        ({"blocks": (1, 0)}, "blocks"),
        ({"start": 0}, "start"),
        ({"stem_kind": "none"}, "stem_kind"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1"),
    ],
)
def test_bad_parameters_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        zoo.create(zoo.Selector("pyramidnet", "tiny", parameters), DIGIT)


def test_dropout_stands_between_the_pool_and_the_classifier_of_the_largest_network_alone() -> None:
    presets = ("pyramidnet-200-a300", "pyramidnet-200-a450")
    heads = {preset: [type(module).__name__ for module in on_meta(preset).head] for preset in presets}
    usual = ["BatchNorm2d", "ReLU", "AdaptiveAvgPool2d", "Flatten", "Linear"]
    assert heads["pyramidnet-200-a300"] == usual
    assert heads["pyramidnet-200-a450"] == [*usual[:-1], "Dropout", "Linear"]
    dropout, linear = on_meta("pyramidnet-200-a450").head[-2:]
    assert isinstance(dropout, nn.Dropout)
    assert dropout.p == 0.5
    assert isinstance(linear, nn.Linear)
    assert linear.in_features == 4 * (64 + 450)


# --- stochastic depth

DIGITS = data.load("mnist5k", train=64, test=64)


def dropping(options: str) -> PyramidNet:
    torch.manual_seed(0)
    net = zoo.create(f"pyramidnet[{options}]", task_of(DIGITS.info))
    assert isinstance(net, PyramidNet)
    return net


@pytest.mark.parametrize("mode", ["batch", "row"])
def test_dropped_blocks_are_not_computed_in_training(mode: str) -> None:
    net = dropping(f"last_survival=0.4, drop_mode={mode}")
    ledger = measure_ledger(net)
    net.train()
    dropped = 0
    for batch in DIGITS.train.batches(16):
        with MacCounter() as counter:
            out = net(batch.images)
        assert counter.macs == ledger.routed(out.route).sum()
        dropped += int((~out.route).sum())
    assert dropped > 0


def test_evaluation_scales_every_branch_by_its_survival_probability() -> None:
    net = dropping("last_survival=0.5").eval()
    images = next(DIGITS.test.batches(8)).images
    with torch.no_grad():
        x = net.stem(net.normalize(images))
        for tenths, block in zip([9, 8, 7, 6, 5], net.blocks, strict=True):
            x = block.shortcut(x) + tenths / 10 * block.branch(x)
        torch.testing.assert_close(net(images).logits, net.head(x))


def test_certain_survival_draws_no_random_number() -> None:
    net = dropping("last_survival=1.0").train()
    before = torch.get_rng_state()
    assert net(next(DIGITS.train.batches(8)).images).route.all()
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("options", "message"),
    [("last_survival=0", "above 0 and at most 1, not 0"), ("drop_mode=pixel", "'batch' or 'row', not 'pixel'")],
)
def test_bad_survival_is_named(options: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dropping(options)
