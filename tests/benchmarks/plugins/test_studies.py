"""A study names its plug-ins, finds them again, and its results follow their helpers."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from benchmarks.plugins.loading import LOADED, load
from benchmarks.records.code_hashes import clear_caches
from benchmarks.records.files import StoreError
from benchmarks.records.identity import Identity, identify
from benchmarks.records.store import Store
from benchmarks.running.campaign import Campaign, RunOptions
from benchmarks.running.jobs import load_dataset
from benchmarks.study.study import Study, StudyError, checked, load_study
from tests.benchmarks.plugins.package import write_package, write_study, write_weight


@pytest.fixture
def package(project: Path) -> Path:
    """The examples, with a helper that has the weight of the method's loss."""
    return write_package(project)


def forget() -> None:
    """As in a process that has not loaded the package."""
    LOADED.clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_package"]:
        del sys.modules[name]


def identity(study: Study) -> Identity:
    """Of the study's last network, read anew."""
    clear_caches()
    spec = study.models("tiny")[-1]
    return identify(spec, load_dataset(spec.dataset, None), torch.device("cpu"))


def test_options_of_a_plug_ins_evaluator_and_attack_are_checked_with_the_study(package: Path) -> None:
    study = load_study(str(write_study(package.parent, "my_package")))
    assert study.evaluation.model_dump()["margin"] == {"samples": 100}
    values = study.model_dump()
    with pytest.raises(StudyError, match=r"evaluation\.margin\.sampels: no such field; did you mean samples"):
        checked(Study, values | {"evaluation": {"margin": {"sampels": 1}}}, "x")


def test_a_plug_in_that_is_not_there_is_the_field_that_names_it(project: Path) -> None:
    with pytest.raises(StudyError, match=r"mine\.yaml: plugins: plug-in my_package: no module my_package is installed"):
        load_study(str(write_study(project, "my_package")))


def test_a_study_without_plug_ins_is_stored_as_before_there_were_any() -> None:
    assert "plugins" not in load_study("quick").model_dump(mode="json")


def test_a_helpers_changed_weight_makes_the_result_another_one(package: Path) -> None:
    study = load_study(str(write_study(package.parent, "my_package")))
    before = identity(study)
    assert {"my_package/big_little.py", "my_package/weights.py"} <= before.code.keys()
    write_weight(package, 50)
    after = identity(study)
    assert after.name != before.name
    assert [name for name in after.code if after.code[name] != before.code.get(name)] == ["my_package/weights.py"]


def test_a_result_does_not_depend_on_the_plug_ins_other_modules(package: Path) -> None:
    study = load_study(str(write_study(package.parent, "my_package")))
    before = identity(study).name
    with (package / "noise.py").open("a") as file:
        file.write("x = 1\n")
    assert identity(study).name == before


def test_a_stored_study_finds_its_plug_ins_again_or_says_in_one_line_which_is_gone(package: Path) -> None:
    study = load_study(str(write_study(package.parent, "my_package")))
    store = Campaign(study, RunOptions(results=package.parent / "results")).store
    store.write_study(study, {})
    forget()
    assert Store(store.root).read_study().plugins == ("my_package",)
    forget()
    package.rename(package.with_name("away"))
    expected = r"^\S+study\.yaml names plug-ins: plug-in my_package: no module my_package is installed or stands in"
    with pytest.raises(StoreError, match=expected) as raised:
        store.read_study()
    assert "damaged" not in str(raised.value)


def test_another_place_that_is_named_first_stands_in_for_a_stored_one(package: Path) -> None:
    load(["./my_package"])
    study = checked(Study, {"plugins": ["/gone/my_package"], "methods": ["big_little"]}, "x")
    assert [spec.method for spec in study.models()] == ["big_little"]
