"""A trained network at one of its settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from benchmarks.measuring import Subject, route_text
from tests.benchmarks.cases import METHODS


def test_a_route_is_written_as_ones_and_zeros() -> None:
    route = torch.tensor([[True, False, True], [False, False, False]])
    assert route_text(route) == ["101", "000"]


@pytest.mark.parametrize("method", METHODS)
def test_a_subject_serves_at_a_setting_and_then_as_before(
    method: str, subject_of: Callable[[str], Subject], few_digits: Any
) -> None:
    subject = subject_of(method)
    images = next(few_digits.test.batches(100)).images
    setting, route = subject.net.setting, subject.net(images, compute="needed").route
    for other in subject.settings:
        with subject.at(other) as net:
            assert net.setting is other
    assert subject.net.setting is setting
    assert torch.equal(subject.net(images, compute="needed").route, route)


def test_a_subject_serves_as_before_after_an_error(subject_of: Callable[[str], Subject]) -> None:
    subject = subject_of("branchynet")
    before = subject.net.setting
    with pytest.raises(ZeroDivisionError), subject.at(subject.settings[-1]):
        raise ZeroDivisionError
    assert subject.net.setting is before
