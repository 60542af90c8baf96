"""Evaluators by name: their options, and what a table's version depends on."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import zoo
from benchmarks.measuring import Evaluator, TrainedNetwork, accuracy, evaluator, evaluators, registry
from benchmarks.measuring.cost import CostOptions
from benchmarks.measuring.options import Evaluation
from benchmarks.records.code_hashes import code_hashes
from benchmarks.records.versions import version
from benchmarks.running.jobs import load_dataset
from benchmarks.strict import Strict
from tests.benchmarks.cases import DATASET, models, small_study
from zoo.plugins import Registry

NAMES = {
    *("accuracy", "attacked_latency", "corruptions", "cost", "deep_attacks", "energy", "exits", "fidelity"),
    *(
        "decisions",
        "detection",
        "image_properties",
        "inside",
        "jpeg",
        "latency",
        "ledger",
        "lesions",
        "robustness",
        "scale",
        "slowdown",
        "stochastic",
        "trust",
        "wiring",
    ),
}
BY_NAME = {"corruptions", "deep_attacks", "detection", "jpeg", "stochastic"}
"""Those that a study has to ask for."""
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
    assert [e.name for e in evaluators(alone=True)] == ["latency", "energy", "attacked_latency"]
    assert not {"attacked_latency", "energy", "latency"} & {e.name for e in evaluators(alone=False)}


@pytest.mark.parametrize("name", ["cost", "robustness", "latency", "energy", "slowdown"])
def test_an_evaluator_whose_options_are_none_is_not_wanted(name: str) -> None:
    assert named(name).wanted(Evaluation())
    assert not named(name).wanted(Evaluation(**{name: None}))


@pytest.mark.parametrize("name", ["accuracy", "exits", "inside", "ledger", "wiring"])
def test_an_evaluator_without_options_is_always_wanted(name: str) -> None:
    assert named(name).wanted(Evaluation(cost=None, robustness=None, latency=None))


def test_evaluators_run_and_are_listed_in_their_order() -> None:
    assert [e.name for e in evaluators()] == [
        *("accuracy", "cost", "fidelity", "latency", "energy", "ledger", "robustness", "slowdown"),
        *("attacked_latency", "trust", "corruptions", "deep_attacks", "jpeg", "stochastic", "wiring"),
        *("exits", "image_properties", "inside", "lesions", "decisions", "scale", "detection"),
    ]


def test_an_evaluation_has_the_options_of_every_evaluator_that_has_some() -> None:
    classes = {e.name: e.options for e in evaluators() if e.options}
    everything = Evaluation.model_validate({name: {} for name in classes})
    assert {name: type(everything.options(name)) for name in classes} == classes


def test_a_study_that_says_nothing_asks_for_all_but_those_that_are_asked_for_by_name() -> None:
    assert {name for name, field in Evaluation.fields().items() if field.default is None} == BY_NAME
    assert {e.name for e in evaluators() if not e.wanted(Evaluation())} == BY_NAME


def test_an_evaluation_is_read_back_as_it_was_written() -> None:
    evaluation = Evaluation.model_validate({"cost": {"batch_size": 7}, "latency": None})
    assert Evaluation.model_validate(evaluation.model_dump(mode="json")) == evaluation
    assert pickle.loads(pickle.dumps(evaluation)) == evaluation
    assert evaluation != Evaluation()


def test_options_are_given_out_as_what_they_are() -> None:
    assert Evaluation().options_as("cost", CostOptions) == CostOptions()
    assert Evaluation(cost=None).options_as("cost", CostOptions) is None
    with pytest.raises(TypeError, match="options of robustness are RobustnessOptions, not CostOptions"):
        Evaluation().options_as("robustness", CostOptions)


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
        "attacks": ["FGSM", "PGD"],
        "strong": ["APGD[loss=ce]", "APGD[loss=targeted, targets=9]"],
    }


def test_a_version_has_the_code_that_the_evaluator_needs() -> None:
    code: Any = version_of("robustness", Evaluation())["code"]
    assert code.keys() >= {
        "benchmarks/measuring/robustness.py",
        "benchmarks/measuring/attacks/fgsm.py",
        "benchmarks/measuring/attacks/pgd.py",
        "zoo/network.py",
    }


@pytest.mark.parametrize("name", sorted(NAMES))
def test_no_evaluator_depends_on_bookkeeping_or_on_anothers_options(name: str) -> None:
    needed = set(code_hashes([named(name).module]))
    own = {f"benchmarks/measuring/{name}.py"}
    bookkeeping = {f"benchmarks/records/{part}.py" for part in ("code_hashes", "store", "versions")}
    bookkeeping |= {f"benchmarks/measuring/{part}.py" for part in ("options", "registry")}
    bookkeeping |= {
        f"benchmarks/measuring/summaries/{part}.py" for part in ("registry", "accuracy", "robustness", "slowdown")
    }
    bookkeeping |= {"benchmarks/measuring/attacks/registry.py"}
    bookkeeping |= {"benchmarks/study/study.py", "benchmarks/training/recipe.py"}
    assert bookkeeping <= {str(path.relative_to(ROOT)) for path in ROOT.rglob("benchmarks/**/*.py")}
    others = {f"benchmarks/measuring/{other}.py" for other in NAMES} - own
    assert needed >= own | {"benchmarks/measuring/trained_network.py"}
    assert not needed & (bookkeeping | others)


def test_a_version_of_timing_has_the_static_network_and_its_code() -> None:
    baseline = version_of("latency", Evaluation())["inputs"]["baseline"]
    assert baseline["network"] == "resnet[tiny]"
    assert "zoo/methods/resnet.py" in baseline["code"]


def test_a_version_of_attacks_has_the_data_sets_own_radii() -> None:
    assert version_of("robustness", Evaluation())["inputs"] == {
        "epsilons": {"Linf": [0.05, 0.1, 0.2, 0.3], "L2": [0.5, 1.0, 1.5, 2.0]}
    }


def test_a_version_of_attacks_has_the_code_of_those_that_are_made_alone() -> None:
    evaluation = Evaluation.model_validate({"robustness": {"attacks": ["FGSM"], "strong": []}})
    code = version_of("robustness", evaluation)["code"]
    assert "benchmarks/measuring/attacks/fgsm.py" in code
    assert not {"benchmarks/measuring/attacks/pgd.py", "benchmarks/measuring/attacks/registry.py"} & set(code)


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
    empty: Registry[Evaluator] = Registry("evaluator", "benchmarks.measuring.attacks")
    monkeypatch.setattr(registry, "EVALUATORS", empty)


@pytest.mark.usefixtures("nothing_registered")
def test_a_decorated_function_is_an_evaluator() -> None:
    @evaluator("colour", alone=True, options=CostOptions)
    def colour(trained: TrainedNetwork, options: CostOptions) -> pd.DataFrame:
        raise NotImplementedError

    assert evaluators() == [Evaluator("colour", colour, __name__, alone=True, options=CostOptions)]


@pytest.mark.usefixtures("nothing_registered")
def test_an_evaluator_may_be_off_until_a_study_asks_for_it() -> None:
    @evaluator("rare", options=CostOptions, by_default=False)
    def rare(trained: TrainedNetwork, options: CostOptions) -> pd.DataFrame:
        raise NotImplementedError

    (declared,) = evaluators()
    assert not declared.wanted(Evaluation())
    assert declared.configured(Evaluation.model_validate({"rare": {}})) == CostOptions()
    with pytest.raises(ValueError, match="'bare': without options, a study cannot ask for it"):
        evaluator("bare", by_default=False)  # type: ignore[call-overload]


@pytest.mark.usefixtures("nothing_registered")
def test_a_place_in_the_order_can_be_named() -> None:
    def nothing(trained: TrainedNetwork, options: None) -> pd.DataFrame:
        raise NotImplementedError

    for name, order in (("second", 2), ("first", 1)):
        evaluator(name, order=order)(nothing)
    evaluator("last")(nothing)
    assert [e.name for e in evaluators()] == ["first", "second", "last"]


def test_a_name_that_is_taken_is_refused_with_both_functions() -> None:
    def mine(trained: TrainedNetwork, options: None) -> pd.DataFrame:
        raise NotImplementedError

    before = evaluators()
    place = r"benchmarks\.measuring\.accuracy\.accuracy has it"
    with pytest.raises(ValueError, match=rf"evaluator 'accuracy' of {__name__}.* is there already: {place}"):
        evaluator("accuracy")(mine)
    assert evaluators() == before


@pytest.mark.usefixtures("nothing_registered")
def test_two_functions_of_a_module_cannot_share_a_name() -> None:
    def one(trained: TrainedNetwork, options: None) -> pd.DataFrame:
        raise NotImplementedError

    def other(trained: TrainedNetwork, options: None) -> pd.DataFrame:
        raise NotImplementedError

    evaluator("colour")(one)
    with pytest.raises(ValueError, match="'colour'"):
        evaluator("colour")(other)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("summary", "reserved"),
        ("history", "reserved"),
        ("colour_pictures", "reserved"),
        ("copy", "reserved"),
        ("my-table", "lower-case letters, digits and _"),
        ("../elsewhere", "lower-case letters, digits and _"),
    ],
)
def test_a_name_that_no_table_can_have_is_refused(name: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        evaluator(name)


def test_options_without_a_default_are_refused() -> None:
    class Needy(Strict):
        steps: int

    with pytest.raises(ValueError, match="option steps has no default"):
        evaluator("colour", options=Needy)


def test_a_module_that_is_loaded_again_replaces_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    before, names = named("accuracy"), [e.name for e in evaluators()]
    monkeypatch.setitem(registry.EVALUATORS.declared, "accuracy", before)
    monkeypatch.setattr(accuracy, "accuracy", accuracy.accuracy)
    importlib.reload(accuracy)
    assert named("accuracy").run is not before.run
    assert [e.name for e in evaluators()] == names


PLUGIN = """
import pandas as pd
from benchmarks.measuring import TrainedNetwork, evaluator
from benchmarks.measuring.options import Evaluation
from benchmarks.strict import Strict
from benchmarks.study.study import Study

class SharpnessOptions(Strict):
    radius: float = 0.5

@evaluator("sharpness", options=SharpnessOptions)
def sharpness(trained: TrainedNetwork, options: SharpnessOptions) -> pd.DataFrame:
    raise NotImplementedError
"""
"""A plug-in that imports what itself looks for evaluators: a study."""
WORKER = """
import pickle, sys
evaluation = pickle.loads(bytes.fromhex(sys.argv[1]))
from benchmarks.measuring import evaluators
print([e.name for e in evaluators() if e.wanted(evaluation)], evaluation.options("sharpness"))
"""


@pytest.fixture
def installed(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a program in a process where a distribution with a plug-in is installed."""
    (tmp_path / "example_plugin.py").write_text(PLUGIN)
    facts = tmp_path / "example-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: example\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[routebench]\nexample = example_plugin\n")

    def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = f"import sys; sys.path.append({str(tmp_path)!r})\n"
        return subprocess.run(
            [sys.executable, "-c", path + program, *arguments], capture_output=True, text=True, check=False
        )

    return run


def test_a_study_configures_the_evaluator_of_an_installed_plug_in_and_its_workers_know_it(
    installed: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    program = (
        "import pickle; from benchmarks.study.study import Study\n"
        "study = Study.model_validate({'evaluation': {'sharpness': {'radius': 0.25}, 'cost': None}})\n"
        "assert Study.model_validate(study.model_dump(mode='json')) == study\n"
        "print(pickle.dumps(study.evaluation).hex())"
    )
    driver = installed(program)
    assert driver.returncode == 0, driver.stderr
    worker = installed(WORKER, driver.stdout.strip())
    known = ["accuracy", "fidelity", "latency", "energy", "ledger", "robustness", "slowdown"]
    known += ["attacked_latency", "trust", "wiring", "exits", "image_properties", "inside", "lesions", "decisions"]
    known += ["scale"]
    assert worker.stdout.strip() == f"{[*known, 'sharpness']} radius=0.25", worker.stderr


@pytest.mark.parametrize(("compiled", "engines"), [(True, ["torch.compile"]), (False, [])])
def test_a_study_of_before_engines_raced_is_read(compiled: bool, engines: list[str]) -> None:
    evaluation = Evaluation.model_validate({"latency": {"seconds": 7, "compile": compiled}})
    found = evaluation.model_dump(mode="json")["latency"]
    assert found["seconds"] == 7
    assert found["engines"] == engines
