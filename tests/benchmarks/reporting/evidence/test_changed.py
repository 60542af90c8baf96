"""What is lost by lesions and by other decisions, on tables of a few images worked out by hand, and by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.reporting.evidence.changed import (
    FIXED,
    FROZEN,
    ORDER,
    SEVERAL,
    SHUFFLED,
    decided,
    graded,
    lesions_of,
)
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.statistics import ContrastModel, changes_of_seeds
from tests.benchmarks.reporting.hand_made import HandMade, answers, decisions, lesions


def network(evidence: Evidence, label: str) -> NetworkEvidence:
    return next(own for own in evidence.networks if own.label == label)


def test_losses_are_paired_means_over_images_and_seeds(made: HandMade) -> None:
    # Seed 0: whole 9 of 10, without a block 6; seed 1: 8 and 7. Lost: (3 + 1) / 2 of ten images; the exit: 0 and 0.
    whole, other = "1111111110", "1111111100"
    made.add(made.spec("resnet"), lesions=lesions(("block", "a", "1111110000"), ("exit", "exit1", whole), whole=whole))
    made.add(
        made.spec("resnet", 1), lesions=lesions(("block", "a", "1111111000"), ("exit", "exit1", other), whole=other)
    )
    evidence = made.evidence()
    found = lesions_of(evidence, network(evidence, "resnet"))
    assert found is not None
    assert (found.images, found.seeds) == (10, 2)
    assert found.accuracy == pytest.approx(0.85)
    block, leaving = found.parts
    assert (block.name, block.kind, leaving.name, leaving.kind) == ("a", "block", "exit1", "exit")
    assert block.loss.estimate == pytest.approx(0.2)
    assert leaving.loss.estimate == 0
    assert found.mean.estimate == pytest.approx(0.2)  # exits are no part of the mean
    assert block.loss.low < 0.2 < block.loss.high


def test_means_and_differences_of_parts(made: HandMade) -> None:
    parts = (("block", "a", "0000000000"), ("block", "b", "1111100000"), ("block", "c", "1111111100"))
    made.add(made.spec("resnet"), lesions=lesions(*parts, whole="1111111111"))
    evidence = made.evidence()
    found = lesions_of(evidence, network(evidence, "resnet"))
    assert found is not None
    a, b, c = found.parts
    assert found.mean_of([a, b]).estimate == pytest.approx((1.0 + 0.5) / 2)
    assert found.difference([a], [b, c]).estimate == pytest.approx(1.0 - (0.5 + 0.2) / 2)


def test_a_lesion_that_changes_nothing_is_not_shown_to_cost_anything(made: HandMade) -> None:
    made.add(made.spec("resnet"), lesions=lesions(("block", "a", "1" * 90 + "0" * 10), whole="1" * 90 + "0" * 10))
    evidence = made.evidence()
    found = lesions_of(evidence, network(evidence, "resnet"))
    assert found is not None
    assert found.parts[0].loss.estimate == 0
    assert not found.parts[0].loss.shown


def test_random_changes_are_graded_by_their_size(made: HandMade) -> None:
    table = lesions(
        ("several", "a, b", "1111100000"),
        ("several", "a, c", "1111111000"),
        ("several", "a, b, c", "1000000000"),
        ("order", "", "1111000000"),
        whole="1111111111",
        disorder={"order": 0.2},
    )
    made.add(made.spec("resnet"), lesions=table)
    evidence = made.evidence()
    own = network(evidence, "resnet")
    found = graded(evidence, own, SEVERAL)
    assert [(g.size, g.accuracy, g.low, g.high, g.draws) for g in found] == [
        (0, 1.0, 1.0, 1.0, 1),
        (2, pytest.approx(0.6), 0.5, 0.7, 2),
        (3, pytest.approx(0.1), 0.1, 0.1, 1),
    ]
    assert [(g.size, g.accuracy) for g in graded(evidence, own, ORDER)] == [(1.0, 1.0), (0.2, 0.4)]


def test_a_network_that_was_not_measured_has_nothing(made: HandMade) -> None:
    made.add(made.spec("resnet"), accuracy=answers("11"))
    evidence = made.evidence()
    own = network(evidence, "resnet")
    assert lesions_of(evidence, own) is None
    assert decided(evidence, own) is None
    assert graded(evidence, own, SEVERAL) == []


def test_draws_of_a_choice_are_averaged_by_image(made: HandMade) -> None:
    # As it decides 9 of 10; shuffled 8 and 6, which is 7 in the mean: two images of ten are lost.
    table = decisions(
        (SHUFFLED, "1111111100"),
        (SHUFFLED, "1111110000"),
        (FROZEN, "1111100000"),
        (FIXED, "1111111110"),
        own="1111111110",
    )
    made.add(made.spec("adanet"), decisions=table)
    evidence = made.evidence()
    found = decided(evidence, network(evidence, "adanet"))
    assert found is not None
    assert found.accuracy == {"by image": 0.9, "shuffled": pytest.approx(0.7), "frozen": 0.5, "fixed": 0.9}
    assert found.losses[SHUFFLED].estimate == pytest.approx(0.2)
    assert found.losses[FROZEN].estimate == pytest.approx(0.4)
    assert found.losses[FIXED].estimate == pytest.approx(0.0)
    assert found.strongest == FIXED


def test_a_network_that_decides_nothing_has_no_worth(made: HandMade) -> None:
    nothing = pd.DataFrame([{"note": "the network decides nothing for single images"}], columns=decisions().columns)
    made.add(made.spec("resnet"), decisions=nothing)
    evidence = made.evidence()
    assert decided(evidence, network(evidence, "resnet")) is None


def test_intervals_of_losses_cover_as_often_as_they_say() -> None:
    # 400 images; without the first part one answer of ten is lost, without the others none in the mean: as many are
    # gained. All three are covered in 95 of 100 studies.
    generator = np.random.default_rng(1)
    missed = 0
    studies = 200
    for _ in range(studies):
        whole = generator.random(400) < 0.8
        rows = []
        for lost, gained in ((0.125, 0.0), (0.05, 0.2), (0.025, 0.1)):
            flips = np.where(whole, generator.random(400) < lost, generator.random(400) < gained)
            rows.append(np.where(flips, ~whole, whole))
        pairs = [(whole[None].astype(float), after[None].astype(float)) for after in rows]
        found = ContrastModel(changes_of_seeds(pairs), draws=500).contrasts(np.eye(3))
        truth = np.array([-0.1, 0.0, 0.0])
        missed += bool(((found.low > truth) | (found.high < truth)).any())
    assert missed / studies < 0.05 + 3 * np.sqrt(0.05 * 0.95 / studies)
