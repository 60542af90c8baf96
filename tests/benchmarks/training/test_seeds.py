"""Seeds by hashing."""

from __future__ import annotations

from itertools import product
from typing import Any

from benchmarks.training.seeds import derive_seed
from tests.benchmarks.cases import models, small_study


def seeds(*methods: str, **fields: Any) -> dict[str, int]:
    """Seed of every network of a study, by label."""
    return {spec.label: spec.seed for spec in models(small_study(*methods, **fields))}


def test_a_seed_is_half_of_the_first_eight_bytes_of_a_sha256() -> None:
    # SHA-256 of nothing begins with e3b0c44298fc1c14
    assert derive_seed() == 0xE3B0C44298FC1C14 // 2


def test_the_same_parts_give_the_same_seed() -> None:
    assert derive_seed(3, "order", 7) == derive_seed(3, "order", 7)


def test_parts_do_not_run_into_each_other() -> None:
    assert derive_seed("ab", "c") != derive_seed("a", "bc")


def test_the_order_of_parts_matters() -> None:
    assert derive_seed("a", "b") != derive_seed("b", "a")


def test_seeds_are_what_torch_and_numpy_take_and_all_differ() -> None:
    found = [derive_seed(seed, name, epoch) for seed, name, epoch in product(range(10), "abc", range(10))]
    assert len(set(found)) == 300
    assert all(0 <= seed < 2**63 for seed in found)


def test_adding_a_method_changes_no_others_seed() -> None:
    before = seeds("resnet", "branchynet")
    after = seeds("adanet", "branchynet", "adanet[target_rate=0.5]", "resnet")
    assert {label: after[label] for label in before} == before


def test_adding_repetitions_changes_no_earlier_seed() -> None:
    assert seeds("resnet", repetitions=3)["resnet"] == seeds("resnet")["resnet"]


def test_every_network_of_a_study_has_its_own_seed() -> None:
    found = models(small_study("resnet", "resnet[resnet-20]", "adanet", "adanet[target_rate=0.5]", repetitions=2))
    assert len({spec.seed for spec in found}) == 8


def test_another_study_seed_changes_every_networks_seed() -> None:
    first, second = seeds("resnet", "adanet", seed=1), seeds("resnet", "adanet", seed=2)
    assert not set(first.values()) & set(second.values())


def test_the_recipe_does_not_change_seeds() -> None:
    assert seeds("resnet", recipe={"epochs": 9}) == seeds("resnet")


def test_the_order_of_parameters_in_a_selector_does_not_change_the_seed() -> None:
    one = models(small_study("adanet[target_rate=0.5, gate_width=8]"))
    other = models(small_study("adanet[gate_width=8, target_rate=0.5]"))
    assert one == other
