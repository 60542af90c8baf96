"""Two studies side by side."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from benchmarks.comparing import verdict
from benchmarks.comparing.comparison import Comparison, compare
from benchmarks.comparing.differences import Difference
from benchmarks.comparing.tolerances import Tolerances
from benchmarks.records.files import StoreError
from benchmarks.records.record import Record
from tests.benchmarks.comparing.conftest import MakeStudy, compared, flip
from tests.benchmarks.reporting.hand_made import ENVIRONMENT, HandMade, answers, attacked, timings

RIGHT = "1" * 20
ELSEWHERE = ENVIRONMENT | {"processor": "Another Processor", "host": "76543210"}


def only(comparison: Comparison, kind: str) -> Difference:
    (found,) = (difference for difference in comparison.differences if difference.kind == kind)
    return found


def record_of(made: HandMade, method: str) -> Record:
    return next(record for record in made.store.records() if record.spec.method == method)


def test_a_study_and_its_copy_differ_in_nothing(twice: tuple[HandMade, HandMade]) -> None:
    found = compared(*twice)
    assert [network.name for network in found.networks] == ["ResNet", "AdaNet (ConvNet-AIG)", "BranchyNet"]
    assert (found.origins, found.answers, found.changed_claims, found.worse, found.unexplained) == ((), (), (), (), ())
    assert {difference.change for difference in found.differences} == {0}
    assert all(one.equal and not one.reasons for one in found.equalities)
    assert found.acceptable


def test_one_flipped_answer_is_found_and_named(twice: tuple[HandMade, HandMade]) -> None:
    flip(record_of(twice[1], "branchynet"), "accuracy", 7, setting="full")
    found = compared(*twice)
    (changed,) = found.answers
    assert (changed.network, changed.where, changed.image) == ("BranchyNet", "full", 7)
    assert (changed.label, changed.a, changed.b) == (1, 1, 0)
    (unexplained,) = found.unexplained
    assert (unexplained.network, unexplained.what) == ("BranchyNet", "accuracy")
    assert unexplained.detail == "1 of 20 rows, in prediction"
    assert not found.acceptable


def test_one_flipped_answer_under_attack_is_found_and_named(twice: tuple[HandMade, HandMade]) -> None:
    flip(record_of(twice[1], "adanet"), "robustness", 3, attack="PGD-10", epsilon=0.2)
    (changed,) = compared(*twice).answers
    assert (changed.network, changed.where, changed.image) == ("AdaNet (ConvNet-AIG)", "PGD-10 at 0.2", 3)


def test_one_flipped_answer_without_attack_is_named_too(twice: tuple[HandMade, HandMade]) -> None:
    flip(record_of(twice[1], "resnet"), "robustness", 9, attack="none")
    (changed,) = compared(*twice).answers
    assert (changed.network, changed.where, changed.image) == ("ResNet", "no attack", 9)


def test_an_answer_that_only_one_study_has_is_named(make: MakeStudy) -> None:
    (changed,) = compared(make("a", "111"), make("b", "11")).answers
    assert (changed.image, changed.a, changed.b) == (2, 0, None)


def test_accuracy_falls_by_the_images_that_are_lost(make: MakeStudy) -> None:
    found = only(compared(make("a", "1" * 20), make("b", "1" * 17 + "000")), "accuracy")
    assert (found.a, found.b, found.images, found.paired) == (1.0, 0.85, 20, True)
    assert found.change == pytest.approx(-0.15)
    assert found.low < found.change < found.high


@pytest.mark.parametrize(("tolerance", "worse"), [(0.1, True), (0.15, False), (0.2, False)])
def test_a_given_tolerance_decides(tolerance: float, worse: bool, make: MakeStudy) -> None:
    found = compared(make("a", RIGHT), make("b", "1" * 17 + "000", seed=1), accuracy=tolerance)
    assert [only(found, "accuracy").worse, found.acceptable] == [worse, not worse]


def test_an_improvement_is_never_worse(make: MakeStudy) -> None:
    assert not compared(make("a", "1" * 17 + "000", seed=1), make("b", RIGHT), accuracy=0).worse


def test_without_a_tolerance_the_interval_of_the_test_images_decides(make: MakeStudy) -> None:
    few, many = "1" * 99 + "0", "1" * 70 + "0" * 30
    assert not compared(make("a", "1" * 100), make("b", few, seed=1)).worse
    (worse,) = compared(make("c", "1" * 100), make("d", many, seed=1)).worse
    assert (worse.kind, worse.basis) == ("accuracy", "interval of the test images")
    assert worse.high < 0


def test_with_several_seeds_their_spread_decides(make: MakeStudy) -> None:
    a = make("a", "1" * 90 + "0" * 10, "1" * 70 + "0" * 30, "1" * 80 + "0" * 20)
    b = make("b", "1" * 70 + "0" * 30, "1" * 68 + "0" * 32, "1" * 72 + "0" * 28, seed=1)
    found = only(compared(a, b), "accuracy")
    assert found.basis == "spread over seeds"
    # pooled over both studies: (.02 + .0008) / 4 = .0052, of a difference of two means of three * 2 / 3, and one image
    # more: sqrt(.0052 * 2 / 3 + 1 / 100^2) = .0597; t(.975, 4) = 2.776; the draws leave about 2 % open
    assert found.tolerance == pytest.approx(0.0597 * 2.776, rel=0.04)
    assert not found.worse


def test_costs_that_are_the_same_for_every_image_have_no_tolerance(make: MakeStudy) -> None:
    found = compared(make("a", RIGHT), make("b", RIGHT, accuracy=answers(RIGHT, ["1111"])))
    cost = only(found, "cost")
    assert cost.change == pytest.approx(1 / 3)
    assert (cost.tolerance, cost.worse) == (0, True)


def test_costs_that_vary_may_grow_by_five_percent(make: MakeStudy) -> None:
    routes = [["1110", "0111", "1111"], ["1110", "0111", "1101"]]
    a, b = (
        make(name, RIGHT, accuracy=answers(RIGHT, r), seed=s)
        for s, (name, r) in enumerate(zip("ab", routes, strict=True))
    )
    assert only(compared(b, a), "cost").tolerance >= 0.05


def test_accuracy_under_attack_is_paired_too(make: MakeStudy) -> None:
    ball = ("PGD-10", 0.1)
    tables = [
        attacked({("none", 0.0): RIGHT, ball: outcome}, dict.fromkeys([("none", 0.0), ball], 3))
        for outcome in (RIGHT, "0" * 20)
    ]
    found = compared(make("a", RIGHT, robustness=tables[0]), make("b", RIGHT, robustness=tables[1]))
    robust = only(found, "robust accuracy")
    assert (robust.where, robust.change, robust.worse, robust.headline) == ("PGD-10 at 0.1", -1.0, True, True)


def test_other_test_images_are_not_paired(make: MakeStudy) -> None:
    other = answers(RIGHT).assign(label=0, prediction=0)
    found = compared(make("a", RIGHT), make("b", RIGHT, accuracy=other, data="0" * 16))
    assert not only(found, "accuracy").paired
    assert verdict.pairing_line(found) == "The test images of 1 network are not the same: their changes are not paired."
    assert ("data", "content") in {(origin.kind, origin.what) for origin in found.origins}


def test_networks_that_one_study_has_are_named(twice: tuple[HandMade, HandMade], make: MakeStudy) -> None:
    found = compared(twice[0], make("b", "1" * 10))
    assert (found.only_a, found.only_b) == (("AdaNet (ConvNet-AIG)", "BranchyNet"), ())
    assert [network.label for network in found.networks] == ["resnet"]


def test_studies_without_a_network_in_common_cannot_be_compared(make: MakeStudy, tmp_path: Path) -> None:
    other = HandMade(tmp_path / "other", methods=["adanet"])
    other.add(other.spec("adanet"), accuracy=answers("1"))
    with pytest.raises(StoreError, match="a and other have no network in common: a has resnet; other has adanet"):
        compared(make("a", "1"), other)


def test_a_study_is_not_compared_with_itself(make: MakeStudy) -> None:
    root = make("a", "1").store.root
    with pytest.raises(StoreError, match="given twice"):
        compare(root, root / ".." / "a", Tolerances())


def test_claims_of_other_seeds_are_compared(make: MakeStudy) -> None:
    found = compared(make("a", RIGHT), make("b", RIGHT, seed=1))
    assert found.changed_claims == ()
    assert [(origin.kind, origin.a, origin.b) for origin in found.origins] == [("seed", "0", "1")]
    assert (found.equalities, found.answers) == ((), ())


def test_a_changed_claim_is_named(twice: tuple[HandMade, HandMade]) -> None:
    flip(record_of(twice[1], "resnet"), "accuracy", 0)
    changed = {claim.question: (claim.a, claim.b, claim.lacking) for claim in compared(*twice).changed_claims}
    assert changed["Most accurate"] == ("ResNet", "BranchyNet", "")


def test_a_claim_about_a_network_that_the_other_study_lacks_says_so(
    twice: tuple[HandMade, HandMade], make: MakeStudy
) -> None:
    flip(record_of(twice[0], "resnet"), "accuracy", 0)
    claims = {claim.question: claim for claim in compared(twice[0], make("b", "1" * 10)).claims}
    assert (claims["Most accurate"].a, claims["Most accurate"].lacking) == ("BranchyNet", "B")


def test_times_of_other_machines_are_shown_and_not_judged(make: MakeStudy) -> None:
    fast, slow = (timings(0.002, 0.002, {"default": [seconds] * 3}) for seconds in (0.001, 0.002))
    a, b = make("a", RIGHT, latency=fast), make("b", RIGHT, latency=slow, environment=ELSEWHERE)
    time = only(compared(a, b, time=0.01), "time")
    assert (time.a, time.b, time.change, time.batch) == (2.0, 1.0, -0.5, 1)
    assert (math.isinf(time.tolerance), time.worse) == (True, False)


def test_times_of_the_same_machine_are_judged(make: MakeStudy) -> None:
    fast, slow = (timings(0.002, 0.002, {"default": [seconds] * 3}) for seconds in (0.001, 0.002))
    a, b = make("a", RIGHT, latency=fast), make("b", RIGHT, latency=slow)
    assert only(compared(a, b), "time").worse
    assert not only(compared(a, b, time=0.6), "time").worse
