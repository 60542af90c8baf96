"""What a study can say of differences between networks."""

from __future__ import annotations

import pytest

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.significance import Comparison, compared
from tests.benchmarks.reporting.hand_made import HandMade, answers, attacked

AGREED = "1" * 150 + "0" * 10


def comparison(evidence: Evidence) -> Comparison:
    found = compared(evidence)
    assert found is not None
    return found


def labels(found: Comparison, *, apart: bool = False) -> list[str]:
    equals = found.indistinguishable(found.best)
    return [n.label for n in found.networks if (n not in equals) == apart and n is not found.best]


@pytest.mark.parametrize(
    ("wins", "losses", "apart"),
    [
        (4, 0, False),  # 4 / sqrt(4 - 16 / 170 + 1) = 1.8 standard errors
        (9, 0, True),  # 9 / sqrt(9 - 81 / 170 + 1) = 2.9
        (9, 3, False),  # 6 / sqrt(12 - 36 / 170 + 1) = 1.7
        (0, 0, False),
    ],
)
def test_only_images_that_one_of_two_gets_right_count(made: HandMade, wins: int, losses: int, apart: bool) -> None:
    made.add(made.spec("resnet"), accuracy=answers(AGREED + "1" * wins + "0" * losses))
    made.add(made.spec("adanet"), accuracy=answers(AGREED + "0" * wins + "1" * losses))
    assert labels(comparison(made.evidence()), apart=True) == (["adanet"] if apart else [])


def test_the_more_networks_are_compared_the_larger_a_difference_has_to_be(made: HandMade) -> None:
    one, other = (AGREED + "1" * 8 + "0" * 8, AGREED + "0" * 16)
    made.add(made.spec("resnet"), accuracy=answers(one))
    made.add(made.spec("adanet"), accuracy=answers(other))
    two = comparison(made.evidence())
    for number in range(6):
        made.add(made.spec("adanet", target_rate=0.5 + number / 100), accuracy=answers(one[number:] + one[:number]))
    many = comparison(made.evidence())
    assert labels(two, apart=True) == ["adanet"]
    assert "adanet" in labels(many)
    assert many.visible(many.networks[0]) > two.visible(two.networks[0])


def test_networks_that_answered_other_images_are_left_out(made: HandMade) -> None:
    for method, outcome in {"resnet": "1" * 8, "adanet": "1" * 7 + "0", "branchynet": "1" * 5}.items():
        made.add(made.spec(method), accuracy=answers(outcome))
    assert [network.label for network in comparison(made.evidence()).networks] == ["resnet", "adanet"]


def test_a_network_is_no_worse_only_where_that_is_shown(made: HandMade) -> None:
    right = "1" * 990 + "0" * 10
    made.add(made.spec("resnet"), accuracy=answers(right))
    made.add(made.spec("adanet"), accuracy=answers("0" + right[1:]))
    found = comparison(made.evidence())
    # one image of 1,000 differs: .1 points, with a standard error of sqrt(1 + 1) / 1,000
    assert [n.label for n in found.no_worse(found.best, 0.005)] == ["adanet"]
    assert found.no_worse(found.best, 0.003) == []


def test_several_seeds_count_with_their_spread(made: HandMade) -> None:
    """The same mean difference of ten points is found where seeds agree, and not where they scatter more than that."""
    for method, low, high in (("resnet", 90, 92), ("adanet", 80, 82), ("branchynet", 60, 100), ("skipnet", 61, 99)):
        for repetition, right in enumerate((low, high)):
            made.add(made.spec(method, repetition), accuracy=answers("1" * right * 5 + "0" * (100 - right) * 5))
    found = comparison(made.evidence())
    assert found.about_methods
    assert "they are about the methods as they are trained here" in found.basis
    resnet = next(network for network in found.networks if network.label == "resnet")
    assert found.best is resnet
    assert "branchynet" in [network.label for network in found.indistinguishable(resnet)]


def test_answers_under_attack_are_compared_at_one_epsilon(made: HandMade) -> None:
    outcomes = {("PGD-10", 0.1): "11110", ("PGD-10", 0.2): "10000"}
    table = attacked(outcomes, dict.fromkeys(outcomes, 1_000_000))
    made.add(made.spec("resnet"), accuracy=answers("11111"), robustness=table)
    evidence = made.evidence()
    found = compared(evidence, "PGD-10", 0.1)
    assert found is not None
    assert found.accuracy(found.best) == pytest.approx(0.8)
    assert compared(evidence, "PGD-10", 0.7) is None


def seeds(made: HandMade, **numbers: int) -> Comparison:
    """Networks with so many seeds each, of 100 images."""
    for method, number in numbers.items():
        for repetition in range(number):
            made.add(made.spec(method, repetition), accuracy=answers("1" * (90 + repetition) + "0" * (10 - repetition)))
    return comparison(made.evidence())


def test_one_seed_says_nothing_of_methods(made: HandMade) -> None:
    found = seeds(made, resnet=1, adanet=1)
    assert not found.about_methods
    assert found.basis.endswith("this is about the networks trained here, and says nothing of their methods.")


def test_networks_with_one_seed_beside_others_with_several_are_named(made: HandMade) -> None:
    found = seeds(made, resnet=2, adanet=1, branchynet=2)
    assert not found.about_methods
    assert found.basis == (
        "AdaNet (ConvNet-AIG) was trained once: what is said of it is about the network trained here, and says nothing "
        "of methods. Differences from it allow for as much chance in training as the others show; all others are over "
        "seeds and test images."
    )


def test_one_network_with_several_seeds_does_not_show_how_much_chance_others_have(made: HandMade) -> None:
    found = seeds(made, resnet=2, adanet=1, branchynet=1)
    assert "Differences from them are never significant" in found.basis
    made.add(made.spec("skipnet"), accuracy=answers("0" * 100))
    worst = comparison(made.evidence())
    assert worst.rank(next(n for n in worst.networks if n.label == "skipnet")) == (1, 4)
