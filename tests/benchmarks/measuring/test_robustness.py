"""Accuracy under attack."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.attacks.contract import WORST, frozen
from benchmarks.measuring.robustness import RobustnessOptions, robustness
from benchmarks.records.record import Record
from benchmarks.study.study import StudyError
from tests.benchmarks.cases import METHODS, small_study
from zoo.network import Compute, Forward

ROUNDING = 1e-6
"""A pixel plus epsilon, rounded to fp32, lies this much further at most."""
EPSILONS = (0.02, 0.1)
SAMPLES = 60
ATTACKS = ("FGSM", "PGD-5")
NetworkOf = Callable[[str], TrainedNetwork]


def options(samples: int = 20, **others: object) -> RobustnessOptions:
    return RobustnessOptions.model_validate({"samples": samples, "pgd_steps": 2, **others})


@pytest.fixture(params=METHODS)
def table(request: pytest.FixtureRequest, records: dict[str, Record]) -> pd.DataFrame:
    return records[request.param].table("robustness")


@pytest.fixture
def static(records: dict[str, Record]) -> pd.DataFrame:
    return records["resnet"].table("robustness")


def at(table: pd.DataFrame, attack: str, epsilon: float) -> pd.DataFrame:
    return table[(table["attack"] == attack) & (table["epsilon"] == epsilon)].sort_values("index", ignore_index=True)


def accuracy(table: pd.DataFrame, attack: str, epsilon: float) -> float:
    rows = at(table, attack, epsilon)
    return float((rows["label"] == rows["prediction"]).mean())


def test_every_attack_meets_every_image_at_every_epsilon(table: pd.DataFrame) -> None:
    for attack, epsilon in [("none", 0.0), *((attack, epsilon) for attack in ATTACKS for epsilon in EPSILONS)]:
        assert at(table, attack, epsilon)["index"].tolist() == list(range(SAMPLES))
    assert at(table, WORST, sorted(EPSILONS)[1])["index"].tolist() == list(range(SAMPLES))
    assert len(table) == (2 + len(ATTACKS) * len(EPSILONS)) * SAMPLES


def test_the_worst_case_is_wrong_where_any_attack_is(table: pd.DataFrame) -> None:
    epsilon = sorted(EPSILONS)[1]
    worst = at(table, WORST, epsilon)
    wrong = worst["label"] != worst["prediction"]
    assert (wrong == (worst["by"] != "")).all()
    for attack, place in [("none", 0.0), *((attack, epsilon) for attack in ATTACKS)]:
        own = at(table, attack, place)
        assert wrong[own["label"] != own["prediction"]].all()
        assert ((own["label"] != own["prediction"])[worst["by"] == attack]).all()
    assert worst.loc[~wrong, "linf"].gt(0).all()


def test_attacks_declare_their_steps_as_their_strength(static: pd.DataFrame) -> None:
    assert static.groupby("attack")["strength"].unique().explode().to_dict() == {
        "none": 0,
        "FGSM": 1,
        "PGD-5": 5,
        WORST: 1 + 5 + 5,
    }


def test_epsilon_zero_is_the_clean_image(table: pd.DataFrame) -> None:
    assert at(table, "none", 0.0)["linf"].tolist() == [0.0] * SAMPLES


@pytest.mark.parametrize("method", METHODS)
def test_epsilon_zero_has_the_answers_of_the_headline_setting(method: str, records: dict[str, Record]) -> None:
    record = records[method]
    answers = record.table("accuracy")
    answers = answers[answers["setting"] == record.settings[0].name].head(SAMPLES).reset_index(drop=True)
    columns = ["index", "label", "prediction", "macs", "route"]
    pd.testing.assert_frame_equal(at(record.table("robustness"), "none", 0.0)[columns], answers[columns])


def test_no_image_is_further_away_than_epsilon(table: pd.DataFrame) -> None:
    assert (table["linf"] <= table["epsilon"] + ROUNDING).all()


def test_fgsm_goes_all_the_way(static: pd.DataFrame) -> None:
    for epsilon in EPSILONS:
        np.testing.assert_allclose(at(static, "FGSM", epsilon)["linf"], epsilon, atol=ROUNDING)


def test_wrongly_classified_images_are_attacked_too(static: pd.DataFrame) -> None:
    clean = at(static, "none", 0.0)
    wrong = clean["label"] != clean["prediction"]
    assert wrong.any()
    for attack in ATTACKS:
        assert (at(static, attack, 0.1)["linf"][wrong] > 0).all()


def test_an_attack_costs_accuracy(static: pd.DataFrame) -> None:
    clean = accuracy(static, "none", 0.0)
    assert clean > 0.5
    for attack in ATTACKS:
        assert accuracy(static, attack, 0.1) < clean - 0.1


def test_a_larger_epsilon_costs_more(static: pd.DataFrame) -> None:
    for attack in ATTACKS:
        assert accuracy(static, attack, 0.1) < accuracy(static, attack, 0.02)


def test_several_steps_are_not_weaker_than_one(static: pd.DataFrame) -> None:
    assert accuracy(static, "PGD-5", 0.1) <= accuracy(static, "FGSM", 0.1)


@pytest.mark.parametrize("method", ["adanet", "branchynet"])
def test_gradients_of_gated_and_early_exit_networks_reach_the_image(method: str, records: dict[str, Record]) -> None:
    table = records[method].table("robustness")
    assert accuracy(table, "PGD-5", 0.1) < accuracy(table, "none", 0.0)


def test_images_stay_images(resnet: TrainedNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[torch.Tensor] = []
    run = resnet.net.forward

    def watched(images: torch.Tensor, *, compute: Compute) -> Forward:
        seen.append(images)
        return run(images, compute=compute)

    monkeypatch.setattr(resnet.net, "forward", watched)
    robustness(resnet, options(epsilons=[0.3]))
    assert sum(len(images) for images in seen) > 0
    assert all(bool(((images >= 0) & (images <= 1)).all()) for images in seen)  # none may be left to attack


@pytest.mark.parametrize("method", METHODS)
def test_the_engines_agree_but_for_images_that_recover(method: str, network_of: NetworkOf) -> None:
    compacting, reference = (
        robustness(network_of(method), options(samples=100, pgd_steps=5, epsilons=EPSILONS, engine=engine, strong=[]))
        for engine in ("compacting", "foolbox")
    )
    for attack, epsilons in (("none", (0.0,)), ("FGSM", EPSILONS)):
        for epsilon in epsilons:
            pd.testing.assert_frame_equal(at(compacting, attack, epsilon), at(reference, attack, epsilon))
    for epsilon in EPSILONS:
        difference = accuracy(reference, "PGD-5", epsilon) - accuracy(compacting, "PGD-5", epsilon)
        assert 0 <= difference <= 0.05


def test_the_first_success_is_kept_and_its_route_with_it(network_of: NetworkOf) -> None:
    # every iterate after the first success goes on towards a confident mistake, which exits early
    trained = network_of("branchynet")
    tables = {
        engine: robustness(trained, options(60, pgd_steps=10, epsilons=[0.3], engine=engine, strong=[]))
        for engine in ("compacting", "foolbox")
    }
    macs = {engine: at(table, "PGD-10", 0.3)["macs"].mean() for engine, table in tables.items()}
    assert macs["compacting"] > macs["foolbox"]


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ValueError, match="'compacting' or 'foolbox'"):
        options(engine="torchattacks")


def test_the_attacks_that_a_study_names_are_made_in_its_order(resnet: TrainedNetwork) -> None:
    table = robustness(resnet, options(samples=4, epsilons=[0.1], attacks=["PGD[steps=3]", "PGD[engine=foolbox]"]))
    assert list(dict.fromkeys(table["attack"])) == ["none", "PGD-3", "PGD-2", WORST]


def test_without_strong_attacks_there_is_no_worst_case(resnet: TrainedNetwork) -> None:
    table = robustness(resnet, options(samples=4, epsilons=[0.1], strong=[]))
    assert list(dict.fromkeys(table["attack"])) == ["none", "FGSM", "PGD-2"]


def test_an_attack_does_not_depend_on_the_others_that_are_made(resnet: TrainedNetwork) -> None:
    both = robustness(resnet, options(epsilons=[0.1]))
    alone = robustness(resnet, options(epsilons=[0.1], attacks=["PGD"]))
    pd.testing.assert_frame_equal(at(both, "PGD-2", 0.1), at(alone, "PGD-2", 0.1), check_exact=True)


@pytest.mark.parametrize(
    ("attacks", "reason"),
    [
        (["PDG"], r"unknown attack 'PDG'; did you mean PGD or APGD\? \(valid: "),
        (
            ["PGD[stepz=3]"],
            r"unknown option of PGD 'stepz'; did you mean steps\? \(valid: steps, restarts, norm, engine\)",
        ),
        (["PGD[steps=0]"], r"PGD\[steps=0\]: steps: Input should be greater than or equal to 1"),
        (["PGD[3]"], r"cannot read 'PGD\[3\]': write PGD or PGD\[option=value\]"),
        (["PGD", "PGD[steps=2, engine=foolbox]"], "attacks must differ, unlike PGD-2, PGD-2"),
        ([], "attacks must have at least one"),
        (["FGSM[norm=L2]"], "FGSM L2: only attacks in the maximum norm; `deep_attacks` has others"),
    ],
)
def test_attacks_that_cannot_be_made_are_refused_in_one_line(attacks: list[str], reason: str) -> None:
    with pytest.raises(StudyError, match=rf"robustness\.attacks: {reason}") as error:
        small_study(evaluation={"robustness": {"attacks": attacks, "pgd_steps": 2}})
    assert "\n" not in str(error.value)


def test_the_same_network_gives_the_same_table(resnet: TrainedNetwork) -> None:
    torch.manual_seed(1)
    one = robustness(resnet, options(epsilons=[0.1]))
    torch.manual_seed(2)
    other = robustness(resnet, options(epsilons=[0.1]))
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_without_epsilons_the_data_sets_own_are_used(resnet: TrainedNetwork) -> None:
    table = robustness(resnet, options(samples=2))
    assert sorted(set(table["epsilon"])) == [0.0, 0.05, 0.1, 0.2, 0.3]


def test_more_images_than_there_are_is_all_of_them(resnet: TrainedNetwork) -> None:
    table = robustness(resnet, options(samples=1_000, epsilons=[0.1], pgd_steps=1, strong=[]))
    assert len(at(table, "FGSM", 0.1)) == 100


@pytest.mark.parametrize("method", METHODS)
def test_parameters_are_as_before_and_have_no_gradients(method: str, network_of: NetworkOf) -> None:
    trained = network_of(method)
    before = {name: value.clone() for name, value in trained.net.state_dict().items()}
    robustness(trained, options(samples=4, epsilons=[0.1]))
    assert all(torch.equal(before[name], value) for name, value in trained.net.state_dict().items())
    assert all(parameter.requires_grad for parameter in trained.net.parameters())
    assert all(parameter.grad is None for parameter in trained.net.parameters())


def test_frozen_parameters_ask_for_no_gradient() -> None:
    net = nn.Linear(2, 2)
    with frozen(net):
        assert not any(parameter.requires_grad for parameter in net.parameters())


def test_frozen_parameters_thaw_after_an_error_and_others_stay_frozen() -> None:
    net = nn.Linear(2, 2)
    net.bias.requires_grad_(False)
    with pytest.raises(ZeroDivisionError), frozen(net):
        raise ZeroDivisionError
    assert net.weight.requires_grad
    assert not net.bias.requires_grad
