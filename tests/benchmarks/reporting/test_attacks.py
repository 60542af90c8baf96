"""Accuracy and cost under attack, on ten pictures."""

from __future__ import annotations

import pandas as pd
import pytest

from benchmarks.reporting import attacks
from tests.benchmarks.reporting.hand_made import attacked

CLEAN, NEAR, FAR = ("none", 0.0), ("PGD-20", 0.1), ("PGD-20", 0.3)


def table(outcomes: dict[tuple[str, float], str], macs: int = 1000) -> pd.DataFrame:
    return attacked(outcomes, dict.fromkeys(outcomes, macs))


def row(rates: pd.DataFrame, attack: str, epsilon: float) -> pd.Series:
    (found,) = [r for _, r in rates.iterrows() if r["attack"] == attack and r["epsilon"] == epsilon]
    return found


def test_one_seed_has_a_wilson_interval() -> None:
    found = row(attacks.rates({"net": [table({CLEAN: "1" * 10, NEAR: "1111111110"})]}), *NEAR)
    # (p + z²/2n ± z sqrt(pq/n + z²/4n²)) / (1 + z²/n) with p = 0.9, n = 10, z = 1.96
    assert (found["accuracy"], found["pictures"], found["seeds"]) == (0.9, 10, 1)
    assert (found["accuracy_low"], found["accuracy_high"]) == pytest.approx((0.5958, 0.9821), abs=1e-4)


def test_several_seeds_have_their_mean_and_range() -> None:
    seeds = [table({CLEAN: "11111", NEAR: outcome}) for outcome in ("11000", "11100", "11110")]
    found = row(attacks.rates({"net": seeds}), *NEAR)
    assert found["accuracy"] == pytest.approx(0.6)
    assert (found["accuracy_low"], found["accuracy_high"]) == (0.4, 0.8)
    assert found["accuracy_std"] == pytest.approx(0.2)


def test_cost_is_relative_to_the_same_pictures_without_attack() -> None:
    measured = attacked({CLEAN: "11", NEAR: "11", FAR: "11"}, {CLEAN: 200, NEAR: 300, FAR: 100})
    relative = attacks.rates({"net": [measured]}).set_index("epsilon")["relative"]
    assert relative.to_dict() == {0.0: 1.0, 0.1: 1.5, 0.3: 0.5}


def test_more_steps_are_a_stronger_attack() -> None:
    outcomes = {CLEAN: "1", ("PGD-40", 0.1): "1", ("FGSM", 0.1): "1", ("PGD-5", 0.1): "1"}
    assert attacks.names(attacks.rates({"net": [table(outcomes)]})) == ["FGSM", "PGD-5", "PGD-40"]


def test_one_number_stands_for_the_second_radius_of_the_strongest_attack() -> None:
    outcomes = {CLEAN: "1", ("FGSM", 0.1): "1", NEAR: "1", ("PGD-20", 0.2): "1", FAR: "1"}
    assert attacks.benchmark_attack(attacks.rates({"net": [table(outcomes)]})) == ("PGD-20", 0.2)


def test_radii_that_only_some_networks_have_are_passed_over() -> None:
    one, two = table({("PGD-20", 0.05): "1", NEAR: "1"}), table({NEAR: "1", FAR: "1"})
    rates = attacks.rates({"one": [one], "two": [two]})
    assert attacks.benchmark_attack(rates) == NEAR


def test_nothing_stands_for_attacks_that_were_not_made() -> None:
    assert attacks.benchmark_attack(attacks.rates({})) is None
