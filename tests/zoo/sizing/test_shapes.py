"""Networks that are built and run for their shapes alone have the shapes and costs that they have otherwise."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

import zoo
from zoo.sizing.counting import nominal_macs
from zoo.sizing.shapes import ShapesOnly

DIGITS = zoo.Task(shape=(1, 28, 28), classes=10)


def selectors() -> list[zoo.Selector]:
    return [zoo.Selector(name, "tiny", way) for name in zoo.list_methods() for way in ({}, *zoo.method(name).variants)]


@pytest.mark.parametrize("selector", selectors(), ids=str)
def test_a_size_is_that_of_a_real_network(selector: zoo.Selector) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = zoo.create(selector, DIGITS)
    size = zoo.Size(parameters=zoo.count_parameters(net), macs=nominal_macs(net), units=len(net.units))
    assert zoo.size_of(selector, DIGITS) == size


def test_shapes_and_types_are_kept() -> None:
    x = torch.empty(2, 3, 5, 5, dtype=torch.float64, device="meta")
    norm = nn.BatchNorm2d(3, device="meta").eval()
    with torch.no_grad(), ShapesOnly():
        for out in (norm(x), functional.relu(x), torch.sigmoid(x), functional.dropout(x, training=False)):
            assert out.is_meta
            assert (out.shape, out.dtype) == (x.shape, x.dtype)
        assert x.normal_() is x


def test_tensors_with_values_are_left_alone() -> None:
    with ShapesOnly():
        assert torch.relu(torch.tensor([-1.0, 2.0])).tolist() == [0, 2]
        assert nn.init.constant_(torch.zeros(2), 3.0).tolist() == [3, 3]


def test_a_size_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = zoo.size_of("resnet[tiny, widths=(3, 5, 7)]", DIGITS)
    monkeypatch.setattr("zoo.sizing.counting.create", None)
    assert zoo.size_of("resnet[tiny, widths=(3, 5, 7)]", DIGITS) is first
    with pytest.raises(TypeError):
        zoo.size_of("resnet[tiny, widths=(3, 5, 9)]", DIGITS)
