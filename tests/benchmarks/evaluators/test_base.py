"""The interface of evaluators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from benchmarks.evaluators import Evaluator, Subject, base, evaluators, route_text, version
from benchmarks.options import Evaluation
from tests.benchmarks.cases import METHODS

NAMES = {"accuracy", "cost", "energy", "fidelity", "latency", "ledger", "robustness"}


def named(name: str) -> Evaluator:
    return next(e for e in evaluators() if e.name == name)


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


def test_a_version_has_the_options() -> None:
    evaluation = Evaluation.model_validate({"robustness": {"epsilons": [0.1], "samples": 7}})
    assert version(named("robustness"), evaluation)["options"] == {
        "samples": 7,
        "epsilons": [0.1],
        "pgd_steps": 20,
        "batch_size": 100,
        "engine": "compacting",
    }


def test_a_version_has_the_code_that_the_evaluator_needs() -> None:
    code: Any = version(named("robustness"), Evaluation())["code"]
    assert code.keys() >= {"benchmarks/evaluators/robustness.py", "benchmarks/evaluators/cost.py", "zoo/contract.py"}


def test_a_version_does_not_depend_on_other_evaluators_options() -> None:
    other = Evaluation.model_validate({"latency": {"seconds": 9}, "cost": {"batch_size": 9}})
    assert version(named("robustness"), other) == version(named("robustness"), Evaluation())


def test_a_decorated_function_is_an_evaluator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "_REGISTRY", base._Registry())

    @base.evaluator("colour", alone=True, options="cost")
    def colour(subject: Subject, evaluation: Evaluation) -> Any:
        raise NotImplementedError

    assert evaluators() == [Evaluator("colour", colour, __name__, alone=True, options="cost")]


def test_a_route_is_written_as_ones_and_zeros() -> None:
    route = torch.tensor([[True, False, True], [False, False, False]])
    assert route_text(route) == ["101", "000"]


@pytest.mark.parametrize("method", METHODS)
def test_a_subject_serves_at_a_setting_and_then_as_before(
    method: str, subject_of: Callable[[str], Subject], few_digits: Any
) -> None:
    subject = subject_of(method)
    images = next(few_digits.test.batches(100)).images
    setting, route = subject.net.setting, subject.net(images, compute="needed").route
    for other in subject.settings:
        with subject.at(other) as net:
            assert net.setting is other
    assert subject.net.setting is setting
    assert torch.equal(subject.net(images, compute="needed").route, route)


def test_a_subject_serves_as_before_after_an_error(subject_of: Callable[[str], Subject]) -> None:
    subject = subject_of("branchynet")
    before = subject.net.setting
    with pytest.raises(ZeroDivisionError), subject.at(subject.settings[-1]):
        raise ZeroDivisionError
    assert subject.net.setting is before
