"""What is searched, how a trial is chosen, and the study that is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

import zoo
from benchmarks.records.files import StoreError
from benchmarks.records.identity import identify
from benchmarks.reporting import build
from benchmarks.reporting.tables.tuning import tuning
from benchmarks.running.jobs import load_dataset
from benchmarks.study.study import ModelSpec, Study, checked, load_study
from benchmarks.tuning.files import read_summary
from benchmarks.tuning.outcome import best_trial, chosen_entry, tuned_text, write_outcome
from benchmarks.tuning.space import candidate, draw, search_space, values_of
from benchmarks.tuning.trial import Trial
from tests.benchmarks.cases import models, small_study
from tests.benchmarks.reporting.hand_made import ENVIRONMENT, HandMade, answers, costs
from zoo.papers.paper import Between, OneOf


def spec_of(selector: str, **fields: Any) -> ModelSpec:
    (spec,) = models(small_study(selector, **fields))
    return spec


def row(trial: int, accuracy: float, macs: float = 100.0, state: str = "finished") -> dict[str, Any]:
    return {"trial": trial, "validation_accuracy": accuracy, "macs": macs, "state": state}


def test_rate_and_decay_are_searched_around_the_recipe_and_knobs_where_a_method_declares_them() -> None:
    plain = search_space(spec_of("resnet", recipe={"lr": 0.1, "weight_decay": 1e-3}))
    assert set(plain) == {"lr", "weight_decay"}
    rate = plain["lr"]
    assert isinstance(rate, Between)
    assert rate.log
    assert [rate.low, rate.high] == pytest.approx([0.01, 1.0])
    assert {*search_space(spec_of("adanet"))} == {"lr", "weight_decay", "target_rate", "target_weight"}


def test_a_parameter_that_the_study_sets_is_not_searched() -> None:
    assert "target_rate" not in search_space(spec_of("adanet[target_rate=0.5]"))


def test_without_decay_in_the_recipe_some_is_tried() -> None:
    assert search_space(spec_of("resnet", recipe={"weight_decay": 0}))["weight_decay"] == Between(1e-5, 1e-3, log=True)


def test_the_first_trial_has_the_studys_values_and_all_have_another_seed() -> None:
    spec = spec_of("adanet")
    first, second = candidate(spec, 0), candidate(spec, 1)
    assert (first.recipe, first.parameters) == (spec.recipe, spec.parameters)
    assert second.recipe != spec.recipe
    assert first.seed == second.seed != spec.seed


@pytest.mark.parametrize("method", zoo.list_methods())
def test_every_candidate_of_every_method_is_a_network_in_its_ranges(method: str) -> None:
    spec = spec_of(method)
    space = search_space(spec)
    for number in range(1, 6):
        one = candidate(spec, number)
        assert one == candidate(spec, number)
        zoo.create(one.selector, zoo.Task(shape=(1, 28, 28), classes=10))
        for name, value in values_of(one, space).items():
            knob = space[name]
            if isinstance(knob, OneOf):
                assert value in knob.values
            else:  # drawn values are rounded to three digits
                assert knob.low - abs(knob.low) / 100 <= value <= knob.high + abs(knob.high) / 100


def test_a_logarithmic_range_is_searched_evenly_in_its_logarithm() -> None:
    random = np.random.default_rng(0)
    drawn = [draw(Between(1e-4, 1.0, log=True), random) for _ in range(400)]
    assert sum(value < 1e-2 for value in drawn) == pytest.approx(200, abs=40)  # 4 standard deviations


def test_the_most_accurate_finished_trial_is_chosen_and_the_first_of_equals() -> None:
    assert best_trial([row(0, 0.8), row(1, 0.9), row(2, 0.9), row(3, 0.99, state="stopped")]) == 1


def test_a_trial_that_costs_more_than_the_untuned_network_is_not_chosen() -> None:
    assert best_trial([row(0, 0.8), row(1, 0.9, macs=106), row(2, 0.85, macs=104)]) == 2


def test_where_the_untuned_network_diverged_any_cost_will_do() -> None:
    assert best_trial([row(0, 0.1, state="diverged"), row(1, 0.9, macs=500)]) == 1


def test_without_a_finished_trial_nothing_is_chosen() -> None:
    with pytest.raises(ValueError, match="no trial trained to the end"):
        best_trial([row(0, 0.8, state="stopped")])


def test_the_tuned_study_trains_the_chosen_values_and_keeps_everything_else() -> None:
    own = {"name": "skipnet", "recipe": {"lr": 0.3}}
    study = checked(Study, {"preset": "tiny", "methods": ["resnet", "adanet", own], "repetitions": 2}, "my.yaml")
    spec = study.models()[2]
    winner = candidate(spec, 1)
    entry = chosen_entry(spec, winner).model_dump(mode="json")
    tuned = checked(Study, yaml.safe_load(tuned_text(study, {"adanet": entry})), "tuned.yaml")
    specs = {found.method: found for found in tuned.models() if found.repetition == 0}
    assert specs["adanet"].recipe == winner.recipe
    assert specs["adanet"].parameters == winner.parameters
    assert specs["skipnet"].recipe.lr == 0.3
    assert specs["resnet"] == study.models()[0]
    assert (tuned.name, tuned.repetitions) == (study.name, 2)


def trial(spec: ModelSpec, folder: Path) -> Trial:
    return Trial(
        network=spec.label,
        number=0,
        spec=spec,
        identity="resnet-0",
        precision="fp32",
        folder=folder,
        data_root=None,
        device="cpu",
        hours=None,
    )


def test_a_trial_that_has_ended_reports_its_epochs_and_trains_nothing(tmp_path: Path) -> None:
    made = trial(spec_of("resnet"), tmp_path)
    seen: list[float] = []
    made.store("stopped", [{"validation_accuracy": a, "seconds": 1.0} for a in (0.2, 0.4)])
    before = made.path.read_bytes()
    made.run(seen.append)
    assert seen == [0.2, 0.4]
    assert made.path.read_bytes() == before


def test_the_page_shows_what_was_searched_what_it_cost_and_whether_it_is_used(tmp_path: Path) -> None:
    made = HandMade(tmp_path / "hand", methods=["resnet"])
    (spec,) = made.study.models()
    trials = [
        replace(trial(candidate(spec, n), made.store.root / "tuning"), number=n, identity=f"r-{n}") for n in (0, 1)
    ]
    for one, accuracy in zip(trials, (0.5, 0.75), strict=True):
        one.store("finished", [{"validation_accuracy": accuracy, "seconds": 30.0}], macs=4e6)
    write_outcome(made.store.root, made.study, [spec], {"resnet": trials}, budget={"trials": 2, "epochs": 1})
    made.add(spec, accuracy=answers("1110"), cost=costs(("default", 4_000_000, 4_000_000)))
    table = tuning(made.evidence())
    assert table is not None
    ((network, searched, number, cost, untuned, _, chosen, used),) = table.rows
    assert (network.text, number.text, number.sub, untuned.text) == ("resnet", "2", "2 finished", "50.0")
    assert "lr: 0.01 to 1, logarithmic" in searched.text
    assert cost.sort == 60
    assert chosen.text.startswith("75.0 % at 4.00 M")
    assert used.text == "no"
    tuned = load_study(str(made.store.root / "tuning" / "tuned.yaml"))
    made.store.write_study(tuned, ENVIRONMENT)
    (own,) = tuned.models()
    made.add(own, accuracy=answers("1110"), cost=costs(("default", 4_000_000, 4_000_000)))
    again = tuning(made.evidence())
    assert again is not None
    assert again.rows[0][-1].text == "yes"
    assert "Tuning" in build(made.store.root, tmp_path / "page").read_text()


def test_networks_tuned_with_another_budget_are_left_out(tmp_path: Path) -> None:
    study = checked(Study, {"preset": "tiny", "methods": ["resnet", "adanet"]}, "my.yaml")
    for (label, budget), left in zip([("resnet", 1), ("adanet", 1), ("resnet", 2)], ([], [], ["adanet"]), strict=True):
        spec = next(found for found in study.models() if found.label == label)
        one = replace(trial(candidate(spec, 0), tmp_path / "tuning"), identity=f"{label}-{budget}")
        one.store("finished", [{"validation_accuracy": 0.5, "seconds": 1.0}], macs=1.0)
        found = write_outcome(tmp_path, study, [spec], {label: [one]}, budget={"trials": 1, "epochs": budget})
        assert found == left
        summary = read_summary(tmp_path)
        assert summary is not None
        assert set(summary["networks"]) == ({"resnet"} if budget == 2 or label == "resnet" else {"resnet", "adanet"})


def identified(spec: ModelSpec, folder: Path) -> Trial:
    identity = identify(spec, load_dataset(spec.dataset, None), torch.device("cpu"), "fp32")
    return replace(trial(spec, folder), identity=identity.name)


def test_a_trial_that_diverges_is_the_worst_and_is_not_trained_again(tmp_path: Path) -> None:
    spec = spec_of("resnet", recipe={"epochs": 2, "lr": 1e30, "batch_size": 64})
    made = identified(spec, tmp_path)
    seen: list[float] = []
    made.run(seen.append)
    assert seen == [0.0]
    found = made.result()
    assert found is not None
    assert (found["state"], found["accuracies"]) == ("diverged", [])
    assert "lower the learning rate" in found["note"]
    before = made.path.read_bytes()
    made.run(seen.append)
    assert seen == [0.0, 0.0]
    assert made.path.read_bytes() == before


class Killed(Exception):
    """Stands for whatever ends a trial early."""


def test_a_trial_that_is_killed_reports_every_epoch_and_finds_what_it_would_have_found(tmp_path: Path) -> None:
    spec = spec_of("adanet", recipe={"epochs": 3, "batch_size": 64})
    whole, killed = identified(spec, tmp_path / "whole"), identified(spec, tmp_path / "killed")
    expected: list[float] = []
    whole.run(expected.append)

    def kill(accuracy: float) -> None:
        raise Killed

    seen: list[float] = []
    with pytest.raises(Killed):
        killed.run(kill)
    killed.run(seen.append)
    assert seen == expected
    assert len(seen) == 3
    results = [made.result() for made in (whole, killed)]
    kept = [{k: v for k, v in (found or {}).items() if k not in ("seconds", "ended")} for found in results]
    assert kept[0] == kept[1]
    assert not list((tmp_path / "killed" / "trials").glob(".*.partial"))


def test_a_trial_of_other_data_or_code_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="trial 0 of resnet: this worker has other data or other code"):
        trial(spec_of("resnet"), tmp_path).run(lambda accuracy: None)
