"""Backbones: every method's maps are what its own classifier reads, at any size; gates, exits and costs."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import zoo
from benchmarks import data
from benchmarks.conformance.cases import TASK, kinds_of_presets, selectors
from zoo.backbone import Backbone
from zoo.features.maps import FeatureMaps
from zoo.features.taps import TAPS, Tap, declare_taps
from zoo.network import Compute, Forward, RoutedNet, Setting, Task
from zoo.sizing.unit_costs import count_executed

DIGITS = next(data.load("mnist5k", train=512, test=64).test.batches(16)).images
WIDE = Task(shape=(1, 48, 64), classes=10)

Maps = list[Tensor]
CLASSIFY: Mapping[str, Callable[[Any, Maps], Tensor]] = {
    **dict.fromkeys(
        ("resnet", "adanet", "skipnet", "stochastic_depth", "deformable"), lambda net, maps: net.backbone.head(maps[-1])
    ),
    "active_conv": lambda net, maps: net.trunk.head(maps[-1]),
    **dict.fromkeys(("preresnet", "wideresnet"), lambda net, maps: net.trunk.head[1](maps[-1])),
    "pyramidnet": lambda net, maps: net.head[2:](maps[-1]),
    **dict.fromkeys(("densenet", "fractalnet", "randwire"), lambda net, maps: net.head(maps[-1])),
    "highway": lambda net, maps: net.classifier(net.squeeze(maps[-1])),
    "branchynet": lambda net, maps: net.heads[-1](_flattened(net, maps[-1])),
    "msdnet": lambda net, maps: net.heads[-1]((maps[-1],)),
    "cliquenet": lambda net, maps: net.classifier(
        torch.cat([read(x) for read, x in zip(net.readouts, maps, strict=True)], dim=1)
    ),
}
"""The classifier of every method on the maps of its trunk: what the network says where nobody leaves early."""


def _flattened(net: Any, x: Tensor) -> Tensor:
    """What a published trunk makes of its last map: it flattens it, and goes on."""
    last = list(net.segments[-1])
    ends = [i for i, module in enumerate(last) if isinstance(module, nn.Flatten)]
    found: Tensor = nn.Sequential(*last[ends[0] :])(x) if ends else x
    return found


def disturbed(selector: zoo.Selector | str, task: Task = TASK) -> RoutedNet:
    """A network whose batch norms have seen digits, so that no two maps are alike, in eval mode."""
    torch.manual_seed(0)
    net = zoo.create(selector, task)
    with torch.no_grad():
        for _ in range(2):
            net.train()(DIGITS if task is TASK else torch.rand(8, *task.shape))
    return net.eval()


def of_every_image(net: RoutedNet) -> Tensor:
    """Logits of the last exit, or of the network without exits."""
    out: Forward = net(DIGITS, compute="all")
    return out.exit_logits[-1] if out.exit_logits else out.logits


@pytest.mark.parametrize("selector", selectors(), ids=str)
def test_the_last_map_is_what_the_classifier_reads(selector: zoo.Selector) -> None:
    net = disturbed(selector)
    with torch.no_grad():
        maps = list(FeatureMaps(net).eval()(DIGITS).values())
        torch.testing.assert_close(CLASSIFY[selector.name](net, maps), of_every_image(net), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("selector", selectors(), ids=str)
def test_maps_are_as_small_as_their_strides_say_and_the_same_by_need(selector: zoo.Selector) -> None:
    maps = FeatureMaps(disturbed(selector), size=(48, 64)).eval()
    images = torch.rand(3, 1, 48, 64)
    found = maps(images)
    route = maps.route
    with torch.no_grad():
        needed = maps(images)
    assert maps.route.tolist() == route.tolist()
    assert list(found) == list(maps.strides) == [f"stage{s}" for s in range(1, len(found) + 1)]
    assert len(set(maps.strides.values())) == len(found)
    margin = 2 if "b-lenet" in str(selector) else 0  # pixels that it pads beyond the image
    for stage, stride in maps.strides.items():
        assert found[stage].shape[:2] == (3, maps.out_channels[stage])
        for side, whole in zip(found[stage].shape[2:], (48, 64), strict=True):
            assert 0 <= side - whole // stride <= margin
        torch.testing.assert_close(needed[stage], found[stage], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("selector", kinds_of_presets(), ids=str)
def test_every_kind_of_preset_has_maps(selector: zoo.Selector) -> None:
    # the published trunks of BranchyNet end in vectors; their maps are those before
    if max(zoo.method(selector.name).presets[selector.preset or "tiny"].task.shape) > 64:
        return
    maps = zoo.backbone(selector).eval()
    with torch.no_grad():
        found = maps(torch.rand(1, *maps.net.task.shape))
    assert all(value.ndim == 4 and value.shape[1] == maps.out_channels[stage] for stage, value in found.items())


@pytest.mark.parametrize("name", zoo.list_methods())
def test_ledger_and_execution_agree_without_classifiers(name: str) -> None:
    maps = FeatureMaps(disturbed(name), size=(32, 32)).eval()
    ledger = maps.ledger()
    executed, out = count_executed(maps.net, torch.rand(1, 1, 32, 32))
    assert ledger.routed(out.route).tolist() == [executed]
    assert ledger.nominal <= zoo.size_of(name, Task(shape=(1, 32, 32), classes=10)).macs


def test_costs_of_a_backbone_are_those_of_its_convolutions() -> None:
    maps = zoo.backbone("resnet[blocks=[1, 1], widths=[2, 3], stem_kind='cifar']", Task(shape=(1, 8, 8), classes=10))
    stem, first = 64 * 9 * 1 * 2, 2 * 64 * 9 * 2 * 2
    second = 16 * 9 * (2 * 3 + 3 * 3) + 16 * 2 * 3  # on 4 x 4 pixels, and the projection
    assert maps.ledger().nominal == stem + first + second


def test_gates_decide_for_every_image() -> None:
    net = disturbed("adanet")
    with torch.no_grad():
        probabilities = net(DIGITS).gate_probs
    assert probabilities is not None
    net.use(Setting(name="half", values={"threshold": float(probabilities.median())}))
    maps = FeatureMaps(net).eval()
    with torch.no_grad():
        maps(DIGITS)
        expected = net(DIGITS, compute="needed").route
    assert len(expected.unique(dim=0)) > 1
    assert maps.route.tolist() == expected.tolist()
    assert sorted(set(maps.ledger().routed(maps.route).tolist()))[0] < maps.ledger().nominal


def test_gradients_reach_units_and_gates() -> None:
    maps = FeatureMaps(disturbed("adanet")).eval()
    maps(DIGITS)["stage3"].sum().backward()
    without = [name for name, parameter in maps.named_parameters() if parameter.grad is None]
    assert without == []


@pytest.mark.parametrize("name", ["branchynet", "msdnet"])
def test_nobody_leaves_early(name: str) -> None:
    maps = FeatureMaps(disturbed(name)).eval()
    with torch.no_grad():
        maps(DIGITS)
    segments, exits = maps.route[:, 0::2], maps.route[:, 1::2]
    assert segments.all()
    assert exits.sum(dim=1).tolist() == [1] * len(DIGITS)
    assert exits[:, -1].all()


def test_stages_are_chosen_by_name_and_given_from_fine_to_coarse() -> None:
    maps = zoo.backbone("randwire[small]", TASK, stages=["stage3", "stage2"]).eval()
    assert list(maps(DIGITS)) == ["stage2", "stage3"]
    assert maps.strides == {"stage2": 4, "stage3": 8}


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        (["stage9"], r"unknown stage of ResNet 'stage9'.*\(valid: stage1, stage2, stage3\)"),
        ([], "one or more different names of stage1, stage2, stage3"),
        (["stage1", "stage1"], "one or more different names"),
    ],
)
def test_unknown_stages_are_refused_in_one_line(stages: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        zoo.backbone("resnet", TASK, stages=stages)
    assert "\n" not in str(caught.value)


def test_images_that_do_not_fit_are_refused() -> None:
    maps = zoo.backbone("resnet", TASK)
    with pytest.raises(ValueError, match=r"images must be \(N, 1, H, W\), not \(2, 3, 64, 64\)"):
        maps(torch.rand(2, 3, 64, 64))
    with pytest.raises(ValueError, match="4 x 64 pixels are smaller than the trunk's stride 8"):
        maps(torch.rand(2, 1, 4, 64))
    with pytest.raises(RuntimeError, match="no images have been run"):
        _ = maps.route


def test_a_network_that_runs_its_batch_in_parts_says_what_to_do() -> None:
    torch.manual_seed(0)
    maps = zoo.backbone("fractalnet[tiny, draw='sample']", TASK).train()
    with pytest.raises(RuntimeError, match=r"FractalNet runs a batch in several parts .* trunk in eval mode"):
        maps(DIGITS)


def test_the_network_itself_stays_as_it_was() -> None:
    net = disturbed("branchynet")
    before, thresholds = copy.deepcopy(net.state_dict()), net.thresholds
    FeatureMaps(net, size=(64, 64)).eval()(torch.rand(1, 1, 64, 64))
    assert net.thresholds == thresholds
    assert net.task == TASK
    torch.testing.assert_close(dict(net.state_dict()), dict(before), rtol=0, atol=0)


@pytest.mark.parametrize("name", ["fractalnet", "randwire", "msdnet"])
def test_weights_for_other_images_fit_although_classifiers_do_not(name: str) -> None:
    # a FractalNet's classifier has a weight per pixel of the last map; a RandWireNN's graph comes with its weights
    trained = disturbed(name)
    maps = zoo.backbone(name, WIDE).eval()
    maps.load_weights(trained.state_dict())
    images = torch.rand(2, 1, 48, 64)
    with torch.no_grad():
        for own, expected in zip(maps(images).values(), FeatureMaps(trained)(images).values(), strict=True):
            torch.testing.assert_close(own, expected)
    with pytest.raises(RuntimeError, match="Missing key"):
        maps.load_weights({})


class Strange(RoutedNet):
    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.layer = nn.Conv2d(1, 2, 3, stride=2, padding=1)
        self.units = ()

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        return Forward(logits=self.layer(x).mean(dim=(2, 3)), route=self.all_units(len(x), x.device))

    def unit_modules(self) -> dict[str, Any]:
        return {}


def test_another_projects_network_declares_its_maps() -> None:
    task, name = Task(shape=(1, 8, 8), classes=2), f"{Strange.__module__}.Strange"
    with pytest.raises(ValueError, match=r"no feature maps are declared for .*Strange; declare them with"):
        FeatureMaps(Strange(task))
    declare_taps(name, lambda net: [Tap(net.layer, "output")])
    try:
        maps = FeatureMaps(Strange(task))
        assert (maps.strides, maps.out_channels) == ({"stage1": 2}, {"stage1": 2})
    finally:
        TAPS.remove(name)


def test_the_function_and_the_module_of_that_name_live_together() -> None:
    code = """
import sys, zoo
function = zoo.backbone
import zoo.methods.resnet
from zoo.backbone import Backbone
assert zoo.backbone is function and callable(function)
assert Backbone is sys.modules["zoo.backbone"].Backbone
assert "torchvision" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert Backbone.__module__ == "zoo.backbone"
