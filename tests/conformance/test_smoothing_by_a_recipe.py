"""A share of smoothing is that of one recipe."""

from __future__ import annotations

import pytest

import zoo
from benchmarks.conformance.cases import TASK


def test_two_shares_do_not_add_up() -> None:
    net = zoo.create("randwire[tiny, label_smoothing=0.1]", TASK)
    net.smooth_labels(0.1)
    assert net.label_smoothing == 0.1
    with pytest.raises(ValueError, match=r"0.1 in the network's parameters and 0.2 in the recipe; give one of them"):
        net.smooth_labels(0.2)


def test_a_share_of_one_recipe_does_not_outlive_it() -> None:
    net = zoo.create("resnet[tiny]", TASK)
    net.smooth_labels(0.1)
    net.smooth_labels(0)
    assert net.label_smoothing == 0
