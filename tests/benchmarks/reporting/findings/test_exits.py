"""Overthinking, the oracle and rules to leave, on six images that can be followed by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.reporting.evidence.evidence import NetworkEvidence
from benchmarks.reporting.evidence.exits import CONFIDENCE, ENTROPY, SCALED, VALIDATION, ExitAnswers, exit_answers
from benchmarks.reporting.figures.budgeted import budgeted_batches
from benchmarks.reporting.findings.budgeted import budgeted
from benchmarks.reporting.findings.exits import (
    PATIENCE,
    Overthinking,
    by_patience,
    by_score,
    compare,
    compared_rules,
    overthinking,
)
from tests.benchmarks.reporting.hand_made import HandMade, answers, ledger, of_exits

M = 1e6
LABELS = [0, 1, 0, 1, 0, 1]
ANSWERS = [
    [0, 1, 1, 0, 0, 0],  # right about images 0, 1 and 4
    [0, 1, 0, 0, 1, 0],  # 0, 1 and 2
    [0, 0, 0, 0, 1, 1],  # 0, 2 and 5
]
ENTROPIES = [
    [0.1, 0.5, 0.9, 0.2, 0.3, 0.8],
    [0.1, 0.4, 0.2, 0.3, 0.6, 0.7],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
]
UNITS = {f"{kind}{n}": 900_000 if kind == "segment" else 100_000 for n in (1, 2, 3) for kind in ("segment", "exit")}
"""An image that leaves at the first, second or last exit costs 1, 2 or 3 M multiply-accumulates."""


def network(root: Path, exits: pd.DataFrame, **others: Any) -> NetworkEvidence:
    made = HandMade(root)
    others.setdefault("accuracy", answers("1" * 6, ["111111"]))
    made.add(made.spec("branchynet"), units=list(UNITS), exits=exits, ledger=ledger(UNITS), **others)
    return made.evidence().networks[0]


@pytest.fixture
def six(tmp_path: Path) -> ExitAnswers:
    found = exit_answers(network(tmp_path / "six", of_exits(LABELS, ANSWERS, ENTROPIES)))
    assert found is not None
    return found


def test_exits_cost_what_lies_before_them(six: ExitAnswers) -> None:
    assert six.macs.tolist() == [1 * M, 2 * M, 3 * M]
    assert six.exits == ("exit1", "exit2", "exit3")


def test_a_network_decides_by_the_score_that_is_its_uncertainty(tmp_path: Path, six: ExitAnswers) -> None:
    assert six.own == ENTROPY
    assert set(six.scores) == {ENTROPY, CONFIDENCE, SCALED}
    other = exit_answers(network(tmp_path / "other", of_exits(LABELS, ANSWERS, ENTROPIES, rule="doubt")))
    assert other is not None
    assert other.own == CONFIDENCE


def test_a_network_with_a_rule_of_its_own_has_one_criterion_more(tmp_path: Path) -> None:
    table = of_exits(LABELS, ANSWERS, ENTROPIES)
    found = exit_answers(network(tmp_path, table.assign(uncertainty=table["entropy"] ** 2)))
    assert found is not None
    assert found.own == "its own rule"
    assert list(compare(found).rules) == ["its own rule", ENTROPY, CONFIDENCE, SCALED, PATIENCE]


def test_what_the_last_exit_destroys_is_counted(six: ExitAnswers) -> None:
    """Wrong at last: 1, 3 and 4, of which 1 and 4 were right; 0 and 2 are right before and stay so.

    The oracle leaves at exits 1 1 2 1 1 3; it has no exit for image 3, which costs it the first.
    """
    assert overthinking(six) == Overthinking(
        images=6, wrong=3, destroyed=2, wasted=2, oracle=5 / 6, oracle_macs=9 / 6 * M
    )


def test_patience_leaves_where_so_many_exits_in_a_row_agree(six: ExitAnswers) -> None:
    # One: all at once. Two: images 0, 1, 3 and 5 at the second exit, three of... 0 and 1 right; 2 right and 4 wrong at
    # the last. Three: all at the last.
    rule = by_patience(six)
    assert rule.macs == pytest.approx([1 * M, (4 * 2 + 2 * 3) / 6 * M, 3 * M])
    assert rule.accuracy == pytest.approx([3 / 6, 3 / 6, 3 / 6])
    assert rule.right[1].tolist() == [True, True, True, False, False, False]


def test_a_threshold_lets_those_leave_that_are_sure(six: ExitAnswers) -> None:
    rule = by_score(six, ENTROPY)
    # Up to .4, images 0, 3 and 4 leave at the first exit and 1 and 2 at the second; up to .3, image 1 goes to the end.
    at = {round(6 * macs / M): accuracy for macs, accuracy in zip(rule.macs, rule.accuracy, strict=True)}
    assert at[10] == pytest.approx(5 / 6)
    assert at[11] == pytest.approx(4 / 6)
    assert (at[6], at[18]) == (3 / 6, 3 / 6)  # everybody at once, and nobody
    assert rule.accuracy_at(10.5 / 6 * M) == pytest.approx(4.5 / 6)  # half of each


def test_all_rules_end_where_nobody_and_everybody_leaves_early(six: ExitAnswers) -> None:
    for rule in compare(six).rules.values():
        assert (rule.macs[0], rule.macs[-1]) == (1 * M, 3 * M)
        assert (rule.accuracy[0], rule.accuracy[-1]) == (3 / 6, 3 / 6)


def test_rules_are_compared_at_equal_mean_cost(six: ExitAnswers) -> None:
    found = compare(six)
    assert found.macs.tolist() == [1.5 * M, 2 * M, 2.5 * M]
    assert found.accuracy[ENTROPY][0] == pytest.approx(5 / 6)  # up to .5: the oracle's own choice
    assert found.accuracy[PATIENCE][0] == pytest.approx(3 / 6)
    difference, low, high = found.difference[PATIENCE][0]
    assert difference == pytest.approx(-2 / 6)
    assert low < difference < high
    assert ENTROPY not in found.difference


def test_a_rule_that_orders_images_alike_does_not_differ(six: ExitAnswers) -> None:
    found = compare(six)  # confidence is a monotone function of the entropy here
    assert found.difference[CONFIDENCE][:, 0] == pytest.approx([0, 0, 0])


def test_differences_at_equal_cost_have_intervals_that_cover() -> None:
    """Of images drawn anew, both criteria equally informative: at most a few of a hundred families leave 0 out."""
    generator = np.random.default_rng(3)
    missed = 0
    for _ in range(100):
        hard = generator.random(300)
        right = np.stack([hard < 0.7, hard < 0.9], axis=1) ^ (generator.random((300, 2)) < 0.03)
        scores = [np.clip(hard[:, None] + generator.normal(0, 0.2, (300, 2)), 0, None) for _ in range(2)]
        drawn = ExitAnswers(
            exits=("exit1", "exit2"),
            labels=np.ones(300, dtype=int),
            predictions=right.astype(int),
            scores={ENTROPY: scores[0], CONFIDENCE: scores[1]},
            own=ENTROPY,
            macs=np.array([1 * M, 2 * M]),
            temperatures=np.ones(2),
        )
        ends = compare(drawn).difference[CONFIDENCE]
        missed += bool(((ends[:, 1] > 0) | (ends[:, 2] < 0)).any())
    assert missed <= 12  # of 100 with a chance of 1 in 20, more are rarer than 1 in 1,000


def test_tables_of_before_and_networks_without_exits_are_left_out(tmp_path: Path) -> None:
    table = of_exits(LABELS, ANSWERS, ENTROPIES)
    old = table.drop(columns=["split", "doubt", "uncertainty", "temperature", "scaled_doubt"])
    none = pd.DataFrame([{"note": "the network has no early exits"}], columns=table.columns)
    for name, own in (("old", old), ("none", none)):
        found = network(tmp_path / name, own)
        assert exit_answers(found) is None
        assert compared_rules(found) is None
        assert budgeted(found) is None


def test_without_validation_images_there_is_no_budgeted_batch(tmp_path: Path) -> None:
    assert budgeted(network(tmp_path, of_exits(LABELS, ANSWERS, ENTROPIES))) is None


def planted(root: Path, *, sure_of_easy: bool) -> NetworkEvidence:
    """Every second image is easy, right at all exits; the others are right at the last exit only."""
    images = 400
    early = [n % 2 for n in range(images)]
    unsure = [0.1 + 0.8 * (wrong if sure_of_easy else 1 - wrong) + n / 10_000 for n, wrong in enumerate(early)]
    said = [early, early, [0] * images]
    both = [
        of_exits([0] * images, said, [unsure, unsure, unsure], split=split, rule="doubt")
        for split in ("test", VALIDATION)
    ]
    anytime = {"exit 1": "110000", "exit 2": "101100", "full": "101011"}
    right = {"exit 1": "10" * 200, "exit 2": "10" * 200, "full": "1" * images}
    accuracy = pd.concat([answers(right[name], [route], setting=name) for name, route in anytime.items()])
    accuracy["macs"] = accuracy["setting"].map({"exit 1": 1 * M, "exit 2": 1.9 * M, "full": 2.8 * M})
    accuracy["prediction"] = (accuracy["prediction"] != accuracy["label"]).astype(int)
    accuracy["label"] = 0
    settings = dict.fromkeys(anytime, "alone")
    return network(root, pd.concat(both), accuracy=accuracy, settings=settings)


def test_budgeted_batches_beat_anytime_prediction_where_scores_know_who_is_easy(tmp_path: Path) -> None:
    found = budgeted(planted(tmp_path, sure_of_easy=True))
    assert found is not None
    assert found.compared == ("exit 2", "full")
    assert found.anytime == {
        "exit 1": (1 * M, 0.5),
        "exit 2": (1.9 * M, 0.5),
        "full": (2.8 * M, 1.0),
    }
    # At 1.9 M shares of 1 : r : r^2 with r = .86 leave, so that 28.45 % get to the last exit, all of them hard; at
    # 2.8 M all that are hard get there.
    assert found.difference is not None
    assert found.difference[0] == pytest.approx((0.2845 + 0) / 2, abs=0.005)
    assert found.difference[1] > 0


def test_budgeted_batches_lose_where_scores_are_upside_down(tmp_path: Path) -> None:
    shown = planted(tmp_path, sure_of_easy=False)
    found = budgeted(shown)
    assert found is not None
    assert found.difference is not None
    assert found.difference[2] < 0
    evidence = HandMade(tmp_path / "empty").evidence()
    drawing = budgeted_batches(evidence, shown)
    assert drawing is not None
    assert "which contradicts it" in drawing.caption
