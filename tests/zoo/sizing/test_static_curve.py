"""Static ResNets at shares of a reference's cost."""

from __future__ import annotations

import pytest

import zoo
from zoo.papers.paper import CIFAR10

DIGITS = zoo.Task(shape=(1, 28, 28), classes=10)
SHARES = (0.25, 0.5, 0.75, 1.0)


def curve(reference: str, task: zoo.Task, shares: tuple[float, ...] = SHARES) -> dict[str, float]:
    """Selectors of the curve, and their shares of the reference's cost."""
    whole = zoo.size_of(reference, task).macs
    found = zoo.static_curve(zoo.parse(reference), shares, task)
    return {str(selector): zoo.size_of(selector, task).macs / whole for selector in found}


def test_digits_have_three_narrow_networks_and_the_only_shallow_one() -> None:
    """Two blocks a stage can only become one, which leaves .46 of the cost."""
    found = curve("resnet[tiny]", DIGITS)
    assert [round(share, 2) for share in found.values()] == [0.25, 0.46, 0.5, 0.74, 1.0]
    assert next(iter(found)) == "resnet[tiny, widths=(8, 16, 32)]"
    assert list(found)[1] == "resnet[tiny, blocks=(1, 1, 1)]"
    assert list(found)[-1] == "resnet[tiny]"


def test_a_deep_network_is_made_shallower_at_every_share() -> None:
    found = curve("resnet[resnet-110]", CIFAR10)
    shallow = [share for selector, share in found.items() if "blocks" in selector]
    assert shallow == pytest.approx([0.25, 0.5, 0.75], abs=0.03)
    assert len(found) == 7


@pytest.mark.parametrize("share", SHARES)
def test_width_meets_every_share_within_the_tolerance_of_matching(share: float) -> None:
    found = curve("resnet[tiny]", DIGITS, (share,))
    assert min(abs(own / share - 1) for own in found.values()) <= 0.1


def test_larger_networks_may_be_asked_for() -> None:
    assert max(curve("resnet[tiny]", DIGITS, (1.0, 2.0)).values()) == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize(
    ("selectors", "reference"),
    [
        (["adanet", "branchynet", "skipnet"], "resnet[tiny]"),
        (["skipnet"], "resnet[tiny, widths=(16, 32, 56)]"),
        (["resnet[tiny, widths=(8, 16, 32)]", "resnet"], "resnet[tiny]"),
        (["resnet", "resnet[small]", "skipnet"], "resnet[tiny, widths=(16, 32, 56)]"),
    ],
)
def test_the_reference_is_the_baseline_of_most_networks_that_are_no_resnets(
    selectors: list[str], reference: str
) -> None:
    assert str(zoo.reference_of([zoo.parse(one) for one in selectors], DIGITS)) == reference
