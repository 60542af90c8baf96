"""Parameters and multiply-accumulates of the published presets, against counts made on the official code.

The figures are those of the project's facts (measured on the official repositories and on torchvision), not of this
code. Multiply-accumulates are of convolutions and linear layers for one image.
"""

from __future__ import annotations

import pytest
import torch

import zoo
from benchmarks.conformance.cases import nominal_macs
from zoo.methods.adanet import AdaNet
from zoo.methods.branchynet import BranchyNet
from zoo.sizing.unit_costs import measure_ledger

SIZES = [
    # selector, parameters, multiply-accumulates in millions
    ("resnet[resnet-20]", 269_722, 40.551),
    ("resnet[resnet-32]", 464_154, 68.863),
    ("resnet[resnet-56]", 853_018, 125.486),
    ("resnet[resnet-110]", 1_727_962, 252.888),
    ("resnet[resnet-110, shortcut_kind=B]", 1_730_714, 253.149824),
    ("resnet[resnet-18]", 11_689_512, 1_814.073344),
    ("resnet[resnet-34]", 21_797_672, 3_663.761),
    ("resnet[resnet-50]", 25_557_032, 4_089.184),
    ("resnet[resnet-101]", 44_549_160, 7_801.405),
    ("adanet[convnet-aig-110]", 1_766_630, 253.183),
    ("adanet[convnet-aig-110-c100]", 1_772_480, 253.189),
    ("adanet[convnet-aig-50]", 25_768_264, 4_089.395),
]


@pytest.mark.parametrize(("selector", "parameters", "macs"), SIZES)
def test_published_presets_have_the_official_size(selector: str, parameters: int, macs: float) -> None:
    net = zoo.create(selector)
    assert zoo.count_parameters(net) == parameters
    assert nominal_macs(net) / 1e6 == pytest.approx(macs, abs=0.0006)


def on_meta(selector: str) -> zoo.RoutedNet:
    with torch.device("meta"):
        return zoo.create(selector)


LARGER = [
    # selector, parameters, multiply-accumulates in millions where they were counted
    ("resnet[resnet-38-b]", 564_122, 83.281),
    ("resnet[resnet-110-b]", 1_730_714, 253.150),
    ("resnet[resnet-152]", 60_192_808, 11_513.627),
    ("adanet[convnet-aig-152]", 60_931_116, None),
    ("pyramidnet[pyramidnet-200-a450]", 116_775_213, None),
    ("cliquenet[k12-t36]", 1_045_306, None),
    ("cliquenet[k24-t18]", 986_650, None),
]


@pytest.mark.parametrize(("selector", "parameters", "macs"), LARGER)
def test_more_presets_have_the_official_size(selector: str, parameters: int, macs: float | None) -> None:
    net = on_meta(selector)
    assert zoo.count_parameters(net) == parameters
    if macs is not None:
        assert nominal_macs(net) / 1e6 == pytest.approx(macs, abs=0.0006)


def test_depths_between_two_counted_residual_networks_lie_between_them() -> None:
    """A block more per stage is 97,216 parameters more: 9 (2 16^2 + 2 32^2 + 2 64^2) and norms of 4 (16 + 32 + 64)."""
    step = 18 * (16**2 + 32**2 + 64**2) + 4 * (16 + 32 + 64)
    for preset, blocks in {"resnet-74-b": 12, "resnet-152-b": 25}.items():
        assert zoo.count_parameters(on_meta(f"resnet[{preset}]")) == 564_122 + (blocks - 6) * step


@pytest.mark.parametrize("preset", [f"{kind}-{depth}" for kind in ("resnet", "skipnet") for depth in (38, 74, 110)])
def test_a_network_for_a_hundred_classes_has_ninety_more_rows_of_its_classifier(preset: str) -> None:
    name, kind = preset.split("-")[0], "-b" if preset.startswith("resnet") else ""
    ten, hundred = (zoo.count_parameters(on_meta(f"{name}[{preset}{kind}{end}]")) for end in ("", "-c100"))
    assert hundred - ten == 90 * (64 + 1)


def test_gates_of_convnet_aig_152_are_738308_parameters() -> None:
    net = on_meta("adanet[convnet-aig-152]")
    assert isinstance(net, AdaNet)
    assert zoo.count_parameters(net.gates) == 738_308
    assert len(net.targets) == 50


@pytest.mark.parametrize(("preset", "widen", "n"), [("convnet-aig-16-4", 4, 2), ("convnet-aig-28-10", 10, 4)])
def test_wide_convnet_aig_is_its_blocks_and_gates(preset: str, widen: int, n: int) -> None:
    widths = [16 * widen, 32 * widen, 64 * widen]
    parameters = 27 * widths[0] + 2 * widths[0] + 10 * widths[2] + 10
    macs = 32 * 32 * 27 * widths[0] + 10 * widths[2]
    channels = widths[0]
    for width, pixels in zip(widths, (32 * 32, 16 * 16, 8 * 8), strict=True):
        for _ in range(n):
            parameters += 9 * (channels + width) * width + 4 * width
            macs += pixels * 9 * (channels + width) * width
            if channels != width:
                parameters += channels * width + 2 * width
                macs += pixels * channels * width
            parameters += 16 * channels + 16 + 32 + 34
            macs += 16 * channels + 32
            channels = width
    net = on_meta(f"adanet[{preset}]")
    assert zoo.count_parameters(net) == parameters
    assert nominal_macs(net) == macs


def test_resnet_44_has_the_papers_size() -> None:
    assert zoo.count_parameters(zoo.create("resnet[resnet-44]")) / 1e6 == pytest.approx(0.66, abs=0.005)


def test_gates_of_convnet_aig_110_are_two_percent_of_its_parameters() -> None:
    net = zoo.create("adanet[convnet-aig-110]")
    assert isinstance(net, AdaNet)
    assert zoo.count_parameters(net.gates) == 35_916


def test_gates_of_convnet_aig_110_cost_33_thousand_macs() -> None:
    static = nominal_macs(zoo.create("resnet[resnet-110, shortcut_kind=B]"))
    assert nominal_macs(zoo.create("adanet[convnet-aig-110]")) - static == 33_216


BRANCHES = {
    # millions of multiply-accumulates: segment 1, exit 1, segment 2, exit 2, ...
    "b-lenet": [0.113, 0.108, 1.027, 0.001],
    "b-alexnet": [15.565, 1.775, 3.539, 0.444, 9.142, 0.001],
    "b-resnet-110": [0.389, 48.21, 74.65, 4.291, 157.37, 0.006],
}


@pytest.mark.parametrize("preset", BRANCHES)
def test_segments_and_heads_of_branchynet_cost_what_the_layer_lists_say(preset: str) -> None:
    ledger = measure_ledger(zoo.create(f"branchynet[{preset}]"))
    assert (ledger.unit_macs / 1e6).tolist() == pytest.approx(BRANCHES[preset], abs=0.0053)
    assert ledger.fixed_macs == 0


@pytest.mark.parametrize(
    ("preset", "parameters"), [("b-lenet", 74_694), ("b-alexnet", 605_886), ("b-resnet-110", 2_227_230)]
)
def test_branchynets_have_the_official_parameters(preset: str, parameters: int) -> None:
    assert zoo.count_parameters(zoo.create(f"branchynet[{preset}]")) == parameters


def test_trunks_of_branchynet_without_early_heads_have_the_official_size() -> None:
    for preset, parameters in {"b-lenet": 67_824, "b-alexnet": 544_074, "b-resnet-110": 1_737_130}.items():
        net = zoo.create(f"branchynet[{preset}]")
        assert isinstance(net, BranchyNet)
        assert zoo.count_parameters([*net.segments, net.heads[-1]]) == parameters


def test_the_first_head_of_b_resnet_costs_124_times_its_stem() -> None:
    ledger = measure_ledger(zoo.create("branchynet[b-resnet-110]"))
    costs = dict(zip(ledger.units, ledger.unit_macs.tolist(), strict=True))
    assert costs["exit1"] / costs["segment1"] == pytest.approx(124, abs=0.5)


def test_schedules_of_convnet_aig_have_a_target_for_every_block() -> None:
    for selector, blocks in {"adanet[convnet-aig-50]": 16, "adanet[convnet-aig-101]": 33}.items():
        with torch.device("meta"):
            net = zoo.create(selector)
        assert isinstance(net, AdaNet)
        assert len(net.targets) == len(net.units) == blocks
