"""A trained network at one of its settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from benchmarks.measuring import TrainedNetwork, route_text
from tests.benchmarks.cases import METHODS


def test_a_route_is_written_as_ones_and_zeros() -> None:
    route = torch.tensor([[True, False, True], [False, False, False]])
    assert route_text(route) == ["101", "000"]


@pytest.mark.parametrize("method", METHODS)
def test_a_network_serves_at_a_setting_and_then_as_before(
    method: str, network_of: Callable[[str], TrainedNetwork], few_digits: Any
) -> None:
    trained = network_of(method)
    images = next(few_digits.test.batches(100)).images
    setting, route = trained.net.setting, trained.net(images, compute="needed").route
    for other in trained.settings:
        with trained.at(other) as net:
            assert net.setting is other
    assert trained.net.setting is setting
    assert torch.equal(trained.net(images, compute="needed").route, route)


def test_a_network_serves_as_before_after_an_error(network_of: Callable[[str], TrainedNetwork]) -> None:
    trained = network_of("branchynet")
    before = trained.net.setting
    with pytest.raises(ZeroDivisionError), trained.at(trained.settings[-1]):
        raise ZeroDivisionError
    assert trained.net.setting is before
