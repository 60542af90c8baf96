"""Accuracy and computation under attack, worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from benchmarks.measuring.summaries.robustness import attack_rates, robust_accuracy


def attacks(*rows: tuple[str, float, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["attack", "epsilon", "label", "prediction"])


ATTACKS = attacks(
    ("none", 0.0, 1, 0),
    ("FGSM", 8 / 255, 1, 1),
    ("FGSM", 8 / 255, 2, 2),
    ("PGD-20", 8 / 255, 1, 1),
    ("PGD-20", 8 / 255, 2, 0),
    ("PGD-20", 0.3, 1, 0),
)


def test_robust_accuracy_is_the_share_that_is_right_after_each_attack() -> None:
    expected = {"robust_FGSM_0.03137": 1.0, "robust_PGD-20_0.03137": 0.5, "robust_PGD-20_0.3": 0.0}
    assert robust_accuracy(ATTACKS) == expected


def test_rates_are_shares_of_images_with_their_computation_beside_that_without_attack() -> None:
    table = ATTACKS.assign(strength=[0, 1, 1, 20, 20, 20], macs=[100, 150, 250, 50, 50, 300])
    rates = attack_rates(table)
    assert rates["images"].tolist() == [1, 2, 2, 1]
    assert rates["accuracy"].tolist() == [0.0, 1.0, 0.5, 0.0]
    assert rates["relative"].tolist() == [1.0, 2.0, 0.5, 3.0]
    assert rates["strength"].tolist() == [0, 1, 20, 20]
    # Wilson's interval of 1 in 2, with z² = 3.8415: 1/2 ± z sqrt(1/8 + z²/16) / (1 + z²/2)
    assert (rates["low"].iloc[2], rates["high"].iloc[2]) == pytest.approx((0.0945, 0.9055), abs=5e-5)
