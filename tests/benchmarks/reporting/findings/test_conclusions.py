"""The sentences that say what a study says."""

from __future__ import annotations

import pytest

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.conclusions import Conclusion, conclusions
from benchmarks.reporting.findings.significance import compared
from tests.benchmarks.reporting.hand_made import HandMade, answers, attacked, costs, timings


def by_question(evidence: Evidence) -> dict[str, Conclusion]:
    return {found.question: found for found in conclusions(evidence)}


def visible(evidence: Evidence) -> str:
    found = compared(evidence)
    assert found is not None
    return f"{100 * found.visible(found.best):.1f}"


def test_equals_are_named_with_the_number_of_images(evidence: Evidence) -> None:
    found = by_question(evidence)["Most accurate"]
    assert found.answer == "ResNet"
    assert found.detail == (
        "90.0 % of 10 test images (95 % interval 59.6–98.2). AdaNet (ConvNet-AIG) and BranchyNet do not "
        f"differ significantly from it; a difference of {visible(evidence)} points would probably be found."
    )


def test_a_difference_that_is_no_chance_is_called_one(made: HandMade) -> None:
    made.add(made.spec("resnet"), accuracy=answers("1" * 20))
    made.add(made.spec("adanet"), accuracy=answers("1" * 14 + "0" * 6))
    assert by_question(made.evidence())["Most accurate"].detail.endswith(
        "significantly better than every other network."
    )


def test_the_cheapest_of_those_within_the_margin_is_found_with_its_share_of_the_static_cost(made: HandMade) -> None:
    """Of 1,000 images one is lost: .1 points, shown to be less than .5."""
    right = "1" * 990 + "0" * 10
    made.add(made.spec("resnet"), accuracy=answers(right), cost=costs(("default", 4_000_000, 4_000_000)))
    lost = answers("0" + right[1:])
    made.add(made.spec("branchynet"), accuracy=lost, cost=costs(("default", 4_000_000, 2_000_000)))
    found = by_question(made.evidence())["Cheapest at that accuracy"]
    assert found.answer == "BranchyNet"
    assert found.detail == (
        "2.00 M MACs per image, 50 % of its baseline's, shown to be less than 0.5 points worse than the best "
        "(98.9 % against 99.0 %)."
    )


def test_a_cheaper_network_that_is_worse_is_not_the_cheapest(made: HandMade) -> None:
    made.add(made.spec("resnet"), accuracy=answers("1" * 20), cost=costs(("default", 4_000_000, 4_000_000)))
    worse = answers("1" * 14 + "0" * 6)
    made.add(made.spec("adanet"), accuracy=worse, cost=costs(("default", 4_000_000, 1_000_000)))
    found = by_question(made.evidence())["Cheapest at that accuracy"]
    assert found.answer == "None"
    assert found.detail == (
        "No cheaper network is shown to be less than 0.5 points worse than ResNet (4.00 M MACs per image)."
    )


def test_the_most_accurate_may_be_the_cheapest(made: HandMade) -> None:
    made.add(made.spec("resnet"), accuracy=answers("1" * 20), cost=costs(("default", 4_000_000, 1_000_000)))
    made.add(made.spec("adanet"), accuracy=answers("1" * 20), cost=costs(("default", 4_000_000, 4_000_000)))
    found = by_question(made.evidence())["Cheapest at that accuracy"]
    assert found.detail == "1.00 M MACs per image: no network is cheaper."


def fast(made: HandMade, method: str, outcome: str, seconds: list[float]) -> None:
    timed = timings(0.010, 0.02, {"default": seconds})
    cost = costs(("default", 4_000_000, 2_000_000))
    made.add(made.spec(method), accuracy=answers(outcome), latency=timed, cost=cost)


RIGHT = "1" * 990 + "0" * 10
LOST = "0" + RIGHT[1:]
"""Of 1,000 images one is lost: .1 points, shown to be less than .5."""


def test_the_fastest_of_those_within_the_margin_is_found(made: HandMade) -> None:
    fast(made, "resnet", RIGHT, [0.010] * 4)
    fast(made, "branchynet", LOST, [0.005] * 4)
    fast(made, "adanet", "0" * 500 + RIGHT[500:], [0.001] * 4)  # faster still, and far less accurate
    found = by_question(made.evidence())["Fastest at that accuracy"]
    assert (found.answer, found.detail) == ("BranchyNet", "5.00 ms, 2.00 times the speed of its baseline at batch 1.")


def test_a_static_network_may_be_the_fastest(made: HandMade) -> None:
    fast(made, "resnet", RIGHT, [0.010] * 4)
    fast(made, "branchynet", LOST, [0.020] * 4)
    found = by_question(made.evidence())["Fastest at that accuracy"]
    paper = "Cheaper than its baseline on paper only: BranchyNet with 50 % of its MACs in 2.00 times its time."
    assert (found.answer, found.detail) == ("ResNet", f"No network is faster. 10.0 ms for an image at batch 1. {paper}")


def test_networks_whose_times_overlap_with_the_fastest_ones_are_named(made: HandMade) -> None:
    fast(made, "resnet", RIGHT, [0.010] * 4)
    fast(made, "adanet", LOST, [0.008, 0.009, 0.011, 0.0119])
    assert "ResNet is not clearly slower." in by_question(made.evidence())["Fastest at that accuracy"].detail


def test_no_network_is_fastest_where_the_faster_ones_may_be_less_accurate(evidence: Evidence) -> None:
    """Of ten images none is known to be within half a point."""
    found = by_question(evidence)["Fastest at that accuracy"]
    assert found.answer == "None"
    assert found.detail.startswith("No faster network is shown to be less than 0.5 points worse than ResNet. 2.00 ms")


def test_half_of_the_images_is_the_least_that_counts_as_robust(evidence: Evidence) -> None:
    found = by_question(evidence)["Robust under attack"]
    assert found.answer == "None"  # at 0.2, the second radius, nothing is left
    assert found.detail.startswith(
        "The best, ResNet: 0.0 % of 10 attacked images right under PGD-10 at ε = 0.2 (95 % interval 0.0–27.8)."
    )


def test_a_robust_network_is_named(made: HandMade) -> None:
    outcomes = {("none", 0.0): "1" * 10, ("PGD-10", 0.1): "1111111110"}
    made.add(made.spec("resnet"), robustness=attacked(outcomes, dict.fromkeys(outcomes, 1000)))
    found = by_question(made.evidence())["Robust under attack"]
    assert (found.answer, found.detail) == (
        "ResNet",
        "90.0 % of 10 attacked images right under PGD-10 at ε = 0.1 (95 % interval 59.6–98.2).",
    )


@pytest.mark.parametrize("trained", [0, 1])
def test_nothing_is_said_of_what_was_not_measured(made: HandMade, trained: int) -> None:
    for method in ["resnet"][:trained]:
        made.add(made.spec(method))
    assert conclusions(made.evidence()) == []
