"""Deep attacks: the worst case per image in two norms, by attacks that suit the network."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from pydantic import ValidationError

from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.attacks.registry import parse_attack
from benchmarks.measuring.deep_attacks import ATTACKS, DeepAttackOptions, deep_attacks
from tests.benchmarks.cases import METHODS

FEW = (
    "PGD[steps=3]",
    "APGD[steps=5]",
    "APGD[loss=dlr, steps=5, through=gates cut]",
    "APGD[loss=dlr, steps=5, through=each exit]",
    "Square[queries=5]",
)
SAMPLES = 12


def table_of(trained: TrainedNetwork, **options: object) -> pd.DataFrame:
    return deep_attacks(trained, DeepAttackOptions.model_validate({"samples": SAMPLES, "attacks": FEW, **options}))


@pytest.mark.parametrize("method", METHODS)
def test_every_image_has_its_worst_case_in_both_norms(method: str, network_of: Callable[[str], TrainedNetwork]) -> None:
    table = table_of(network_of(method))
    assert table.groupby("norm")["index"].agg(list).to_dict() == {norm: list(range(SAMPLES)) for norm in ("L2", "Linf")}
    assert table.groupby("norm")["epsilon"].unique().explode().to_dict() == {"L2": 1.0, "Linf": 0.1}
    assert (table["distance"] <= table["epsilon"] + 1e-4).all()
    wrong = table["label"] != table["prediction"]
    assert (wrong == (table["by"] != "")).all()
    assert (table["stage"][~wrong] == -1).all()
    assert (table["stage"][wrong] >= 0).all()


def test_stages_count_the_attacks_that_suit_the_network(network_of: Callable[[str], TrainedNetwork]) -> None:
    options = DeepAttackOptions(attacks=FEW)
    assert [a.label() for a in options.chosen("L2")] == [
        "PGD-3 L2",
        "APGD-CE-5 L2",
        "APGD-DLR-5 (gates cut) L2",
        "APGD-DLR-5 (each exit) L2",
    ]
    table = table_of(network_of("branchynet"), norms=["Linf"], attacks=FEW[2:4], epsilons=[0.3])
    found = table[table["stage"] > 0]
    assert set(found["by"]) == {"APGD-DLR-5 (each exit)"}
    assert set(found["stage"]) == {1}  # the other one is for gates


def test_the_attacks_by_default_are_different_and_can_all_be_made() -> None:
    assert len({parse_attack(text).label() for text in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"norms": ["Linf", "Linf"]}, "norms must be Linf, L2 or both, each once"),
        ({"epsilons": [0.1]}, "epsilons must have a number above 0 for each of the norms Linf, L2"),
        ({"epsilons": [0.1, 0]}, "epsilons must have a number above 0 for each of the norms Linf, L2"),
        ({"attacks": ["PGD", "PGD"]}, "attacks must differ, unlike PGD-20, PGD-20"),
        ({"attacks": ["APGD[through=gates]"]}, "Input should be 'deployed', 'gates cut'"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        DeepAttackOptions.model_validate(options)
