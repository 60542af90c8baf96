"""The static ResNet that a network is compared with: the same trunk without the method, or the same cost."""

from __future__ import annotations

import pytest
import torch

import zoo
from benchmarks.conformance.cases import kinds_of_presets
from zoo.methods.branchynet import BranchyNet
from zoo.papers.paper import CIFAR10, IMAGENET
from zoo.sizing.baseline import TOLERANCE, baseline_of
from zoo.sizing.counting import drawn_on_meta

DIGITS = zoo.Task(shape=(1, 28, 28), classes=10)


@pytest.mark.parametrize(
    ("selector", "task", "baseline"),
    [
        ("adanet[convnet-aig-110]", CIFAR10, "resnet[resnet-110]"),
        ("branchynet[b-resnet-110]", CIFAR10, "resnet[resnet-110]"),
        ("stochastic_depth[stochastic-depth-110]", CIFAR10, "resnet[resnet-110]"),
        ("preresnet[preresnet-20]", CIFAR10, "resnet[resnet-20]"),
        ("adanet[convnet-aig-101]", IMAGENET, "resnet[resnet-101]"),
        ("adanet", DIGITS, "resnet[tiny]"),
        ("adanet[small]", CIFAR10, "resnet[small]"),
        ("skipnet[skipnet-38]", CIFAR10, "resnet[small, blocks=(6, 6, 6)]"),
        ("skipnet[tiny]", DIGITS, "resnet[tiny, widths=(16, 32, 56)]"),
        (
            "adanet[tiny, blocks=(1, 2, 3), widths=(8, 16, 32)]",
            DIGITS,
            "resnet[tiny, blocks=(1, 2, 3), widths=(8, 16, 32)]",
        ),
        ("adanet[tiny, widths=[16, 32, 64]]", DIGITS, "resnet[tiny]"),
        ("wideresnet[tiny, widen=1]", DIGITS, "resnet[tiny, blocks=(1, 1, 1)]"),
        ("preresnet[preresnet-164]", CIFAR10, "resnet[small, block=bottleneck, blocks=(18, 18, 18)]"),
        ("resnet", DIGITS, "resnet[tiny]"),
        ("resnet[small, widths=(3, 4, 5)]", CIFAR10, "resnet[small]"),
    ],
)
def test_a_residual_network_is_compared_with_its_own_trunk(selector: str, task: zoo.Task, baseline: str) -> None:
    assert str(baseline_of(selector, task)) == baseline


@pytest.mark.parametrize("name", [name for name in zoo.list_methods() if name != "resnet"])
def test_the_suites_smallest_networks_cost_what_their_twins_cost(name: str) -> None:
    baseline = baseline_of(name, DIGITS)
    ratio = zoo.size_of(baseline, DIGITS).macs / zoo.size_of(name, DIGITS).macs
    if drawn_on_meta(zoo.parse(name), DIGITS).plain_trunk() is None:
        assert str(baseline) == "resnet[tiny]"
        assert abs(ratio - 1) <= TOLERANCE
    else:
        assert ratio <= 1.001  # what the method adds to the trunk


@pytest.mark.parametrize("selector", kinds_of_presets(), ids=str)
def test_every_kind_of_preset_has_a_baseline(selector: zoo.Selector) -> None:
    task = zoo.method(selector.name).presets[selector.preset or ""].task
    baseline = baseline_of(selector, task)
    assert baseline.name == "resnet"
    net = drawn_on_meta(selector, task)
    trunk = net.plain_trunk()
    if trunk is None:
        macs = zoo.size_of(selector, task).macs
        assert abs(zoo.size_of(baseline, task).macs / macs - 1) <= TOLERANCE
        return
    built = {**zoo.method("resnet").parameters(), **zoo.parameters_of(baseline)}
    assert all(tuple(built[key]) == tuple(value) for key, value in trunk.items() if key != "shortcut_kind")
    plain, branchy = drawn_on_meta(baseline, task), isinstance(net, BranchyNet)
    assert set(net.units) <= set(plain.units) or branchy
    assert len(plain.units) - len(net.units) in (0, 1) or branchy


def test_a_preset_nearby_is_preferred_to_an_exact_match() -> None:
    # DenseNet-40 costs 264.8 M; ResNet-110 252.9 M, 4.5 % less.
    assert str(baseline_of("densenet[densenet-40-12]", CIFAR10)) == "resnet[resnet-110]"


def test_presets_for_small_pictures_are_no_twins_on_large_ones() -> None:
    # DenseNet-169 costs 3.36 G, as ResNet-32 would at 224 x 224; ResNet-34 costs 3.66 G, 9 % more.
    assert str(baseline_of("densenet[densenet-169]", IMAGENET)) == "resnet[resnet-34]"


def test_networks_for_large_pictures_are_met_from_the_imagenet_scale() -> None:
    baseline = baseline_of("densenet[densenet-121]", IMAGENET)
    assert (baseline.preset, set(baseline.parameters)) == ("imagenet", {"widths"})


def test_a_network_far_from_all_presets_is_met_by_width() -> None:
    baseline = baseline_of("densenet[densenet-bc-100-12]", CIFAR10)
    assert set(baseline.parameters) == {"widths"}


def test_a_budget_that_nothing_meets_has_the_nearest_as_baseline() -> None:
    tiny = zoo.Task(shape=(1, 4, 4), classes=2)
    baseline = baseline_of("highway[tiny, layers=(1,), widths=(1,), stem_stride=1]", tiny)
    assert zoo.size_of(baseline, tiny).macs > 0


def test_a_twin_leaves_random_numbers_alone_and_is_found_once() -> None:
    state = torch.get_rng_state()
    first = baseline_of("randwire[tiny]", DIGITS)
    assert baseline_of("randwire[tiny]", DIGITS) is first
    assert torch.equal(torch.get_rng_state(), state)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(zoo.UnknownName, match="unknown preset of adanet"):
        baseline_of("adanet[huge]", DIGITS)
