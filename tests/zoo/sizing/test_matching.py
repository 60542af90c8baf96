"""Networks for a budget, and the counting that finds them."""

from __future__ import annotations

import pytest

import zoo
from zoo.methods.resnet import ResNet
from zoo.sizing.matching import scaled
from zoo.sizing.unit_costs import measure_ledger

DIGITS = zoo.Task(shape=(1, 28, 28), classes=10)
CIFAR = zoo.Task(shape=(3, 32, 32), classes=10)


@pytest.mark.parametrize("name", zoo.list_methods())
def test_every_method_has_a_network_for_half_the_budget(name: str) -> None:
    budget = 2.5e6
    selector = zoo.match(name, budget, DIGITS)
    assert zoo.parse(str(selector)) == selector
    assert measure_ledger(zoo.create(selector, DIGITS)).nominal == pytest.approx(budget, rel=0.10)


@pytest.mark.parametrize("name", zoo.list_methods())
def test_every_method_says_how_it_scales(name: str) -> None:
    found = zoo.method(name)
    assert "width" in found.scales
    assert all(parameter in found.parameters() for names in found.scales.values() for parameter in names)


def test_a_preset_that_fits_is_taken_as_it_is() -> None:
    assert zoo.match("resnet", 5_537_984, DIGITS) == zoo.Selector("resnet", "tiny")


def test_widths_are_multiplied_by_one_factor() -> None:
    selector = zoo.match("resnet", 4 * 5_537_984, DIGITS, preset="tiny", tolerance=0.05)
    first, second, third = selector.parameters["widths"]
    assert set(selector.parameters) == {"widths"}
    assert first == pytest.approx(32, abs=1)  # twice as wide costs four times as much, but for stem and classifier
    assert (second / first, third / first) == pytest.approx((2, 4), rel=0.05)


def test_depth_scales_instead_where_it_is_asked_for() -> None:
    selector = zoo.match(
        "resnet", 125_485_696, CIFAR, by="depth"
    )  # ResNet-56, slightly more expensive with projections
    assert selector == zoo.Selector("resnet", "small", {"blocks": (9, 9, 9)})


def test_the_nearest_of_the_suites_scales_is_the_base() -> None:
    assert zoo.match("resnet", 60e6, CIFAR).preset == "small"
    assert zoo.match("resnet", 3e6, CIFAR).preset == "tiny"


def test_large_pictures_start_from_the_imagenet_scale() -> None:
    task = zoo.Task(shape=(3, 96, 96), classes=10)
    assert zoo.match("resnet", 800e6, task).preset == "imagenet"


def test_a_budget_that_nothing_meets_names_the_nearest() -> None:
    with pytest.raises(
        ValueError, match=r"no resnet scaled by depth from 'tiny' comes within 10%.*nearest: resnet\[tiny"
    ):
        zoo.match("resnet", 1e6, DIGITS, by="depth")


def test_a_way_of_scaling_that_a_method_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="resnet does not scale by 'colour'; valid: width, depth"):
        zoo.match("resnet", 1e6, DIGITS, by="colour")


def test_a_budget_must_be_positive() -> None:
    with pytest.raises(ValueError, match="macs must be positive"):
        zoo.match("resnet", 0, DIGITS)


@pytest.mark.parametrize(
    ("value", "factor", "expected"),
    [
        (16, 1.5, 24),
        (3, 0.1, 1),
        (1.5, 1 / 3, 0.5),
        ((16, 32), 0.5, (8, 16)),
        ([[2, 4], [6]], 2, ((4, 8), (12,))),
        (True, 3, True),
        ("add", 3, "add"),
        (None, 3, None),
    ],
)
def test_whole_numbers_stay_whole_and_positive(value: object, factor: float, expected: object) -> None:
    assert scaled(value, factor) == expected


def test_a_size_is_counted_without_memory_for_weights() -> None:
    size = zoo.size_of("wideresnet[wrn-28-10]")
    assert size == zoo.Size(parameters=36_479_194, macs=5_243_328_768, units=12)


def test_a_parameter_that_should_scale_must_exist() -> None:
    presets = {"tiny": zoo.Preset(), "small": zoo.Preset()}
    scales = {"width": ("breadth",)}
    paper = zoo.Paper(title="", family="", varies="", citation="", presets=presets, scales=scales)
    decorate = zoo.register("scaling", paper)
    with pytest.raises(zoo.UnknownName, match="unknown parameter of scaling 'breadth'"):
        decorate(ResNet)
    assert "scaling" not in zoo.list_methods()
