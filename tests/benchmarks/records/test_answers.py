"""Packed answers: a bit per image, in the order of the images' numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.records.answers import ATTACKED, packed_answers, unpacked
from tests.benchmarks.reporting.hand_made import HandMade, answers, attacked


@pytest.fixture
def made(tmp_path: Path) -> HandMade:
    """An empty study, to fill."""
    return HandMade(tmp_path / "hand")


def test_every_setting_and_attack_has_its_answers(made: HandMade) -> None:
    outcomes = {("none", 0.0): "111", ("PGD-10", 0.1): "110", ("PGD-10", 0.2): "000"}
    record = made.add(
        made.spec("adanet"),
        settings={"default": "", "half": ""},
        accuracy=answers("1011001110").iloc[::-1],
        robustness=attacked(outcomes, dict.fromkeys(outcomes, 1)),
    )
    rows = packed_answers(record).to_dict("records")
    table = {(row["setting"], row["attack"], row["epsilon"]): row for row in rows}
    clean = table["default", "none", 0.0]
    assert unpacked(clean["right"], clean["images"]).tolist() == [digit == "1" for digit in "1011001110"]
    for (attack, epsilon), outcome in outcomes.items():
        row = table["default" if epsilon else ATTACKED, attack, epsilon]
        assert unpacked(row["right"], row["images"]).tolist() == [digit == "1" for digit in outcome]
        assert row["of"] != clean["of"]


def test_a_record_without_tables_has_no_answers(made: HandMade) -> None:
    assert packed_answers(made.add(made.spec("resnet"))).empty


@pytest.mark.parametrize("images", [1, 7, 8, 9, 10_000])
def test_unpacking_undoes_packing(images: int) -> None:
    right = np.random.default_rng(0).random(images) < 0.7
    assert np.array_equal(unpacked(np.packbits(right).tobytes(), images), right)
