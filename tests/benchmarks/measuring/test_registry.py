"""Evaluators by name: their options, and what a table's version depends on."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import zoo
from benchmarks.measuring import Evaluator, Subject, accuracy, evaluator, evaluators, registry
from benchmarks.measuring.cost import CostOptions
from benchmarks.measuring.options import Evaluation
from benchmarks.records.code_hashes import code_hashes
from benchmarks.records.versions import version
from benchmarks.running.jobs import load_dataset
from tests.benchmarks.cases import DATASET, models, small_study

NAMES = {"accuracy", "cost", "energy", "fidelity", "latency", "ledger", "robustness"}
ROOT = Path(zoo.__file__).parents[1]


def named(name: str) -> Evaluator:
    return next(e for e in evaluators() if e.name == name)


def version_of(name: str, evaluation: Evaluation, method: str = "adanet") -> dict[str, Any]:
    """Of an evaluator's table of a network of the tests' digits."""
    (spec,) = models(small_study(method))
    return version(named(name), evaluation, spec, load_dataset(DATASET, None).info)


def test_every_evaluator_of_the_suite_is_registered() -> None:
    assert {e.name for e in evaluators()} >= NAMES


def test_only_timing_and_energy_need_the_machine_alone() -> None:
    assert [e.name for e in evaluators(alone=True)] == ["latency", "energy"]
    assert not {"energy", "latency"} & {e.name for e in evaluators(alone=False)}


@pytest.mark.parametrize("name", ["cost", "robustness", "latency", "energy"])
def test_an_evaluator_whose_options_are_none_is_not_wanted(name: str) -> None:
    assert named(name).wanted(Evaluation())
    assert not named(name).wanted(Evaluation(**{name: None}))


@pytest.mark.parametrize("name", ["accuracy", "ledger"])
def test_an_evaluator_without_options_is_always_wanted(name: str) -> None:
    assert named(name).wanted(Evaluation(cost=None, robustness=None, latency=None))


def test_options_are_fields_of_evaluation_under_the_evaluators_name() -> None:
    classes = {e.name: e.options for e in evaluators() if e.options}
    assert {name: type(field.default) for name, field in Evaluation.model_fields.items()} == classes


def test_an_evaluators_options_are_those_of_its_name() -> None:
    evaluation = Evaluation.model_validate({"cost": {"batch_size": 7}})
    assert named("cost").configured(evaluation) == CostOptions(batch_size=7)
    assert named("ledger").configured(evaluation) is None


def test_a_version_has_the_options() -> None:
    evaluation = Evaluation.model_validate({"robustness": {"epsilons": [0.1], "samples": 7}})
    assert version_of("robustness", evaluation)["options"] == {
        "samples": 7,
        "epsilons": [0.1],
        "pgd_steps": 20,
        "batch_size": 100,
        "engine": "compacting",
    }


def test_a_version_has_the_code_that_the_evaluator_needs() -> None:
    code: Any = version_of("robustness", Evaluation())["code"]
    assert code.keys() >= {
        "benchmarks/measuring/robustness.py",
        "benchmarks/measuring/attacks/pgd.py",
        "zoo/network.py",
    }


@pytest.mark.parametrize("name", sorted(NAMES))
def test_no_evaluator_depends_on_bookkeeping_or_on_anothers_options(name: str) -> None:
    needed = set(code_hashes([named(name).module]))
    own = {f"benchmarks/measuring/{name}.py"}
    bookkeeping = {f"benchmarks/records/{part}.py" for part in ("code_hashes", "store", "versions")}
    bookkeeping |= {f"benchmarks/measuring/{part}.py" for part in ("options", "registry")}
    bookkeeping |= {"benchmarks/study/study.py", "benchmarks/training/recipe.py"}
    assert bookkeeping <= {str(path.relative_to(ROOT)) for path in ROOT.rglob("benchmarks/**/*.py")}
    others = {f"benchmarks/measuring/{other}.py" for other in NAMES} - own
    assert needed >= own | {"benchmarks/measuring/subject.py"}
    assert not needed & (bookkeeping | others)


def test_a_version_of_timing_has_the_static_network_and_its_code() -> None:
    baseline = version_of("latency", Evaluation())["inputs"]["baseline"]
    assert baseline["network"] == "resnet[tiny]"
    assert "zoo/methods/resnet.py" in baseline["code"]


def test_a_version_of_attacks_has_the_data_sets_own_radii() -> None:
    assert version_of("robustness", Evaluation())["inputs"] == {"epsilons": [0.05, 0.1, 0.2, 0.3]}


def test_a_version_of_fidelity_has_the_published_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    before = version_of("fidelity", Evaluation())
    found = zoo.method("adanet")
    monkeypatch.setitem(zoo.registry.METHODS.declared, "adanet", replace(found, citation="another"))
    assert version_of("fidelity", Evaluation()) == before
    monkeypatch.setitem(zoo.registry.METHODS.declared, "adanet", replace(found, differs={"tiny": "a reason"}))
    assert version_of("fidelity", Evaluation()) != before


def test_an_evaluator_cannot_need_what_nobody_knows() -> None:
    with pytest.raises(ValueError, match="valid needs: baseline, epsilons, papers"):
        evaluator("colour", needs=("paint",))


def test_a_version_does_not_depend_on_other_evaluators_options() -> None:
    other = Evaluation.model_validate({"latency": {"seconds": 9}, "cost": {"batch_size": 9}})
    assert version_of("robustness", other) == version_of("robustness", Evaluation())


@pytest.fixture
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_REGISTRY", registry._Registry())


@pytest.mark.usefixtures("nothing_registered")
def test_a_decorated_function_is_an_evaluator() -> None:
    @evaluator("colour", alone=True, options=CostOptions)
    def colour(subject: Subject, options: CostOptions) -> pd.DataFrame:
        raise NotImplementedError

    assert evaluators() == [Evaluator("colour", colour, __name__, alone=True, options=CostOptions)]


def test_a_name_that_is_taken_is_refused_with_both_modules() -> None:
    def mine(subject: Subject, options: None) -> pd.DataFrame:
        raise NotImplementedError

    before = evaluators()
    with pytest.raises(ValueError, match=rf"'accuracy' of {__name__} .* benchmarks\.evaluators\.accuracy has it"):
        evaluator("accuracy")(mine)
    assert evaluators() == before


@pytest.mark.usefixtures("nothing_registered")
def test_two_functions_of_a_module_cannot_share_a_name() -> None:
    def one(subject: Subject, options: None) -> pd.DataFrame:
        raise NotImplementedError

    def other(subject: Subject, options: None) -> pd.DataFrame:
        raise NotImplementedError

    evaluator("colour")(one)
    with pytest.raises(ValueError, match="'colour'"):
        evaluator("colour")(other)


def test_a_module_that_is_loaded_again_replaces_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_REGISTRY", registry._Registry(dict(registry._REGISTRY.found)))
    monkeypatch.setattr(accuracy, "accuracy", accuracy.accuracy)
    before, names = named("accuracy"), [e.name for e in evaluators()]
    importlib.reload(accuracy)
    assert named("accuracy").run is not before.run
    assert [e.name for e in evaluators()] == names
