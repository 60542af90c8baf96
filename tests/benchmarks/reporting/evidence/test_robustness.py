"""Accuracy and cost under attack, on ten images."""

from __future__ import annotations

import pandas as pd
import pytest

from benchmarks.measuring.summaries.robustness import attack_rates
from benchmarks.reporting.evidence.robustness import attack_names, headline_attack, robustness_results
from tests.benchmarks.reporting.hand_made import attacked

CLEAN, NEAR, FAR = ("none", 0.0), ("PGD-20", 0.1), ("PGD-20", 0.3)


STRENGTHS = {"none": 0, "FGSM": 1, "PGD-5": 5, "PGD-20": 20, "Zorro": 30, "PGD-40": 40}


def table(outcomes: dict[tuple[str, float], str]) -> pd.DataFrame:
    return attacked(outcomes, dict.fromkeys(outcomes, 1000), STRENGTHS)


def names(**networks: dict[tuple[str, float], str]) -> list[str]:
    return attack_names(
        robustness_results({name: [attack_rates(table(outcomes))] for name, outcomes in networks.items()})
    )


def row(rates: pd.DataFrame, attack: str, epsilon: float) -> pd.Series:
    (found,) = [r for _, r in rates.iterrows() if r["attack"] == attack and r["epsilon"] == epsilon]
    return found


def test_one_seed_has_a_wilson_interval() -> None:
    found = row(robustness_results({"net": [attack_rates(table({CLEAN: "1" * 10, NEAR: "1111111110"}))]}), *NEAR)
    # (p + z²/2n ± z sqrt(pq/n + z²/4n²)) / (1 + z²/n) with p = 0.9, n = 10, z = 1.96
    assert (found["accuracy"], found["images"], found["seeds"]) == (0.9, 10, 1)
    assert (found["accuracy_low"], found["accuracy_high"]) == pytest.approx((0.5958, 0.9821), abs=1e-4)


def test_several_seeds_have_their_mean_and_range() -> None:
    seeds = [table({CLEAN: "11111", NEAR: outcome}) for outcome in ("11000", "11100", "11110")]
    found = row(robustness_results({"net": [attack_rates(seed) for seed in seeds]}), *NEAR)
    assert found["accuracy"] == pytest.approx(0.6)
    assert (found["accuracy_low"], found["accuracy_high"]) == (0.4, 0.8)
    assert found["accuracy_std"] == pytest.approx(0.2)


def test_cost_is_relative_to_the_same_images_without_attack() -> None:
    measured = attacked({CLEAN: "11", NEAR: "11", FAR: "11"}, {CLEAN: 200, NEAR: 300, FAR: 100})
    relative = robustness_results({"net": [attack_rates(measured)]}).set_index("epsilon")["relative"]
    assert relative.to_dict() == {0.0: 1.0, 0.1: 1.5, 0.3: 0.5}


def test_the_strongest_attack_leaves_the_fewest_right_whatever_its_name() -> None:
    assert names(net={CLEAN: "11", ("Zorro", 0.1): "00", ("FGSM", 0.1): "11", ("PGD-20", 0.1): "10"}) == [
        *("FGSM", "PGD-20", "Zorro")
    ]


def test_attacks_that_leave_equally_many_right_rank_by_their_declared_strength() -> None:
    outcomes = {("PGD-40", 0.1): "1", ("Zorro", 0.1): "1", ("FGSM", 0.1): "1", ("PGD-5", 0.1): "1"}
    assert names(net={CLEAN: "1", **outcomes}) == ["FGSM", "PGD-5", "Zorro", "PGD-40"]


def test_attacks_without_a_declared_strength_rank_as_the_table_has_them() -> None:
    outcomes = {CLEAN: "1", ("FGSM", 0.1): "1", ("PGD-5", 0.1): "1"}
    before = attacked(outcomes, dict.fromkeys(outcomes, 1000))
    assert attack_names(robustness_results({"net": [attack_rates(before)]})) == ["FGSM", "PGD-5"]


def test_attacks_are_compared_where_all_of_them_were_tried() -> None:
    # Zorro was tried on the harder network alone, where it does less than PGD
    one = {CLEAN: "11", NEAR: "11"}
    two = {CLEAN: "11", NEAR: "00", ("Zorro", 0.1): "10"}
    assert names(one=one, two=two) == ["Zorro", "PGD-20"]


def test_nothing_was_attacked_where_all_images_are_clean() -> None:
    assert names(net={CLEAN: "11"}) == []


@pytest.mark.parametrize(("zorro", "strongest"), [("00", "Zorro"), ("11", "PGD-20")])
def test_one_number_stands_for_the_attack_that_is_strongest_at_its_epsilon(zorro: str, strongest: str) -> None:
    outcomes = {CLEAN: "11", NEAR: "11", ("PGD-20", 0.2): "10", FAR: "00"}
    outcomes |= {("Zorro", 0.1): "11", ("Zorro", 0.2): zorro, ("Zorro", 0.3): "11"}
    assert headline_attack(robustness_results({"net": [attack_rates(table(outcomes))]})) == (strongest, 0.2)


def test_an_attack_that_only_some_networks_met_stands_for_none() -> None:
    one, two = table({NEAR: "11"}), table({NEAR: "11", ("Zorro", 0.1): "00"})
    assert headline_attack(robustness_results({"one": [attack_rates(one)], "two": [attack_rates(two)]})) == NEAR


def test_one_number_stands_for_the_second_radius_of_the_strongest_attack() -> None:
    outcomes = {CLEAN: "1", ("FGSM", 0.1): "1", NEAR: "1", ("PGD-20", 0.2): "1", FAR: "1"}
    assert headline_attack(robustness_results({"net": [attack_rates(table(outcomes))]})) == ("PGD-20", 0.2)


def test_radii_that_only_some_networks_have_are_passed_over() -> None:
    one, two = table({("PGD-20", 0.05): "1", NEAR: "1"}), table({NEAR: "1", FAR: "1"})
    rates = robustness_results({"one": [attack_rates(one)], "two": [attack_rates(two)]})
    assert headline_attack(rates) == NEAR


def test_nothing_stands_for_attacks_that_were_not_made() -> None:
    assert headline_attack(robustness_results({})) is None
