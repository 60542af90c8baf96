"""Every preset has the size that its paper prints and its public code has, or a reason why not."""

from __future__ import annotations

from functools import cache, partial

import pytest
import torchvision

import zoo
from benchmarks.records import sizes
from zoo.methods.resnet import ResNet
from zoo.registry import method
from zoo.sizing import published_sizes
from zoo.sizing.published_sizes import (
    COUNTED,
    PRINTED,
    Comparison,
    linear_macs,
    same_digits,
)

compare_sizes = cache(partial(published_sizes.compare_sizes, size=sizes.size, linear=sizes.linear_macs))
"""With sizes that are stored for today's code, else counted; that a count gives the stored ones is tested once, with
those (`tests/benchmarks/records/test_sizes.py`)."""


@pytest.mark.parametrize(
    ("figure", "ours", "same"),
    [
        (1.7e6, 1_727_962, True),
        (1.7e6, 1_750_001, False),
        (38.6e6, 33_724_618, False),
        (40.551e6, 40_551_488, True),
        (40.551e6, 40_551_501, False),
        (151e3, 151_690, False),
        (269_722, 269_722, True),
        (269_722, 269_723, False),
        (8695e6, 8_694_500_000, True),
    ],
)
def test_a_figure_is_met_to_its_last_digit(figure: float, ours: int, same: bool) -> None:
    assert same_digits(figure, ours) == same


@pytest.mark.parametrize("name", zoo.list_methods())
def test_sizes_are_the_published_ones_or_else_and_only_then_say_why_not(name: str) -> None:
    rows = compare_sizes(name)
    for row in rows:
        assert row.agrees or row.differs, row
    assert set(zoo.method(name).differs) == {row.preset for row in rows if not row.agrees}


def rows(name: str, preset: str) -> dict[str, Comparison]:
    """By kind."""
    return {row.kind: row for row in compare_sizes(name, preset)}


def test_cliquenet_prints_two_operations_per_multiply_accumulate() -> None:
    printed = rows("cliquenet", "k64-t15")[PRINTED]
    assert printed.macs == 4.21e9 / 2
    assert printed.agrees  # twice ours is 4.206 G


def test_means_over_routes_are_not_compared_with_nominal_costs() -> None:
    assert PRINTED not in rows("skipnet", "skipnet-38")
    assert rows("skipnet", "skipnet-38")[COUNTED].macs == 83.549e6


def test_convolutions_are_compared_with_convolutions() -> None:
    row = rows("fractalnet", "fractalnet-20-c100")[COUNTED]
    assert row.our_macs == zoo.size_of("fractalnet[fractalnet-20-c100]").macs - 512 * 100
    assert linear_macs(zoo.parse("fractalnet[fractalnet-20-c100]")) == 512 * 100


@pytest.mark.parametrize("name", ["resnet", "densenet"])
def test_counts_on_torchvision_are_torchvisions(name: str) -> None:
    counted = {preset: size for preset, size in zoo.method(name).official.items() if size.code == "torchvision"}
    assert counted
    for preset, size in counted.items():
        net = torchvision.models.get_model(preset.replace("-", ""), weights=None)
        assert zoo.count_parameters(net) == size.parameters


def test_facts_of_presets_that_do_not_exist_are_refused() -> None:
    presets = {"tiny": zoo.Preset(), "small": zoo.Preset()}
    paper = zoo.Paper(title="", family="", varies="", citation="", presets=presets, differs={"large": "?"})
    decorate = zoo.register("nowhere", paper)
    with pytest.raises(zoo.UnknownName, match="unknown preset of nowhere 'large'"):
        decorate(ResNet)
    assert "nowhere" not in zoo.list_methods()


def test_settings_are_described_by_those_that_have_several() -> None:
    described = {name for name in zoo.list_methods() if method(name).settings()}
    own = {name for name in zoo.list_methods() if method(name).network.settings is not zoo.RoutedNet.settings}
    assert described == own
    assert method("fractalnet").settings() == "The whole network, and each column alone."
