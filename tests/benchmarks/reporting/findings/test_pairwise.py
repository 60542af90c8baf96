"""Every network against every other."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.pairwise import Aspect, Pair, aspects, reference
from benchmarks.reporting.findings.significance import compared
from tests.benchmarks.reporting.hand_made import HandMade, answers, costs, timings


def by_name(evidence: Evidence) -> dict[str, Aspect]:
    """Aspects by name."""
    return {aspect.name: aspect for aspect in aspects(evidence)}


def pair(aspect: Aspect, one: int, other: int) -> Pair:
    """A difference that is known."""
    found = aspect.of(one, other)
    assert found is not None
    return found


def places(evidence: Evidence) -> dict[str, int]:
    """Of networks by label."""
    return {network.label: place for place, network in enumerate(evidence.networks)}


def test_a_difference_is_that_of_accuracies_and_a_ratio_that_of_costs(evidence: Evidence) -> None:
    found, at = by_name(evidence), places(evidence)
    against = at["resnet"]
    assert pair(found["accuracy"], at["adanet"], against)[0] == pytest.approx(-0.1)  # 8 and 9 of 10 images
    assert pair(found["macs"], at["adanet"], against) == (0.75, 0.75, 0.75)  # 3 M and 4 M
    assert pair(found["macs"], at["branchynet"], at["adanet"])[0] == pytest.approx(2 / 3)
    assert pair(found["time_1"], at["adanet"], against)[0] == pytest.approx(2.0)  # 4 ms and 2 ms
    assert pair(found["time_1"], at["branchynet"], at["adanet"])[0] == pytest.approx(0.25)


def test_the_other_way_round_is_the_opposite_or_the_inverse(evidence: Evidence) -> None:
    found, at = by_name(evidence), places(evidence)
    one, other = at["adanet"], at["branchynet"]
    value, low, high = pair(found["accuracy"], one, other)
    assert pair(found["accuracy"], other, one) == pytest.approx((-value, -high, -low))
    value, low, high = pair(found["time_1"], one, other)
    assert pair(found["time_1"], other, one) == pytest.approx((1 / value, 1 / high, 1 / low))


def test_intervals_of_accuracies_are_those_that_hold_together(evidence: Evidence) -> None:
    model = compared(evidence)
    assert model is not None
    own, contrasts = model.model.differences()
    at = [evidence.networks.index(network) for network in model.networks]
    for row, (one, other) in enumerate(own):
        expected = (contrasts.estimate[row], contrasts.low[row], contrasts.high[row])
        assert pair(by_name(evidence)["accuracy"], at[one], at[other]) == pytest.approx(expected)


def test_intervals_of_two_timings_add_up_in_squares(tmp_path: Path) -> None:
    made = HandMade(tmp_path, methods=["resnet", "adanet", "branchynet"])
    own = {"resnet": [0.002] * 4, "adanet": [0.003, 0.004, 0.005, 0.004], "branchynet": [0.0015, 0.002, 0.0025, 0.002]}
    for method, seconds in own.items():
        made.add(
            made.spec(method),
            accuracy=answers("1110"),
            cost=costs(("default", 4_000_000, 4_000_000)),
            latency=timings(0.002, 0.002, {"default": seconds}),
        )
    evidence = made.evidence()
    time, at = by_name(evidence)["time_1"], places(evidence)
    of_adanet, of_branchynet, of_both = (
        pair(time, at[one], at[other])
        for one, other in (("adanet", "resnet"), ("branchynet", "resnet"), ("adanet", "branchynet"))
    )
    up = math.hypot(math.log(of_adanet[2] / of_adanet[0]), math.log(of_branchynet[0] / of_branchynet[1]))
    down = math.hypot(math.log(of_adanet[0] / of_adanet[1]), math.log(of_branchynet[2] / of_branchynet[0]))
    assert of_both == pytest.approx((2.0, 2.0 * math.exp(-down), 2.0 * math.exp(up)))  # 4 ms and 2 ms
    assert of_both[1] < of_both[0] < of_both[2]


def test_the_first_reference_is_the_baseline_of_most(evidence: Evidence) -> None:
    first = reference(evidence)
    assert first is not None
    assert first.label == "resnet"


def test_what_was_not_measured_is_no_aspect(tmp_path: Path) -> None:
    made = HandMade(tmp_path)
    made.add(made.spec("adanet"), accuracy=answers("1110"))
    assert aspects(made.evidence()) == ()
