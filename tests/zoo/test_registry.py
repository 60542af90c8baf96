"""Selectors and their errors."""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import zoo
import zoo.papers
from zoo.methods.resnet import ResNet
from zoo.registry import Paper, Preset, parse_brackets, split_outside_brackets


@pytest.mark.parametrize(
    ("text", "name", "preset", "parameters"),
    [
        ("resnet", "resnet", None, {}),
        ("resnet[resnet-20]", "resnet", "resnet-20", {}),
        ("adanet[target_rate=0.5]", "adanet", None, {"target_rate": 0.5}),
        (" adanet [ small , target_rate=[.3, .5] ] ", "adanet", "small", {"target_rate": [0.3, 0.5]}),
        ("resnet[blocks=(1, 2), block=bottleneck]", "resnet", None, {"blocks": (1, 2), "block": "bottleneck"}),
        ("adanet[free_full_layers=true]", "adanet", None, {"free_full_layers": True}),
    ],
)
def test_selectors_are_read(text: str, name: str, preset: str | None, parameters: dict[str, Any]) -> None:
    assert zoo.parse(text) == zoo.Selector(name, preset, parameters)


@pytest.mark.parametrize("text", ["adanet", "adanet[small]", "adanet[tiny, target_rate=0.5, temperature=2.0]"])
def test_a_selectors_spelling_is_read_back(text: str) -> None:
    assert str(zoo.parse(text)) == text


def test_an_unknown_method_names_the_nearest() -> None:
    with pytest.raises(zoo.UnknownName, match=r"unknown method 'adanett'; did you mean adanet.*valid: resnet, "):
        zoo.create("adanett")


def test_an_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(zoo.UnknownName, match=r"unknown preset of resnet 'resnet20'; did you mean resnet-20"):
        zoo.create("resnet[resnet20]")


def test_an_unknown_parameter_names_the_nearest() -> None:
    with pytest.raises(zoo.UnknownName, match=r"unknown parameter of adanet 'target'; did you mean target_rate"):
        zoo.create("adanet[target=0.5]")


@pytest.mark.parametrize("text", ["", "two words", "adanet[", "adanet]", "resnet[tiny, small]", "resnet[blocks=(1]"])
def test_unreadable_selectors_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"cannot read|brackets do not match"):
        zoo.parse(text)


def test_commas_inside_brackets_do_not_separate() -> None:
    assert split_outside_brackets("resnet, adanet[a=1, b=[2, 3]],") == ["resnet", "adanet[a=1, b=[2, 3]]"]


def test_values_that_are_no_literals_are_words() -> None:
    assert parse_brackets("x[a=bottleneck, b=none, c=1e-3, d=null]") == (
        *("x", None),
        {"a": "bottleneck", "b": None, "c": 1e-3, "d": None},
    )


def test_a_parameter_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="'a' is given twice"):
        parse_brackets("x[a=1, b=2, a=1]")


def test_a_value_that_no_parser_descends_is_refused() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_brackets(f"x[a={'-' * 500_000}1]")


def test_a_value_is_read_without_remarks() -> None:
    assert parse_brackets(r"x[a='\d']") == ("x", None, {"a": r"\d"})


def test_wildcards_find_methods() -> None:
    assert "adanet" in zoo.list_methods("ada*")
    assert zoo.list_methods("nothing*") == ()


def test_a_name_is_registered_once() -> None:
    class Another(ResNet):
        pass

    with pytest.raises(ValueError, match=r"method 'resnet' of tests\..*Another is there already: zoo\.methods\.resnet"):
        zoo.register("resnet", paper({"tiny": Preset(), "small": Preset()}))(Another)
    assert zoo.method("resnet").network is ResNet


def test_a_method_needs_the_suites_presets() -> None:
    with pytest.raises(ValueError, match="lacks the preset 'small'"):
        zoo.register("x", paper({"tiny": Preset()}))(ResNet)


def paper(presets: Mapping[str, Preset]) -> Paper:
    return Paper(title="", family="", varies="", citation="", presets=presets)


def test_parameters_are_the_presets_with_the_selectors_on_top() -> None:
    asked = zoo.parameters_of("adanet[small, target_rate=0.5, gate_width=8]")
    shape = {"blocks": (3, 3, 3), "widths": (16, 32, 64)}
    assert asked == shape | {"target_rate": 0.5, "gate_width": 8}


def test_parameters_without_a_preset_are_those_of_tiny() -> None:
    tiny = {"blocks": (2, 2, 2), "widths": (16, 32, 64), "stem_kind": "strided"}
    assert zoo.parameters_of("resnet") == tiny
    assert zoo.parameters_of(zoo.Selector("resnet", "tiny")) == tiny


def test_parameters_of_nothing_known_are_refused() -> None:
    with pytest.raises(zoo.UnknownName, match="unknown preset of resnet 'resnet-10'"):
        zoo.parameters_of("resnet[resnet-10]")


PAPERS = [name for _, name, _ in pkgutil.iter_modules(zoo.papers.__path__)]


def test_every_method_has_its_facts_in_a_module_of_its_own() -> None:
    assert set(PAPERS) - {"paper", "external"} == set(zoo.list_methods())


@pytest.mark.parametrize("name", PAPERS)
def test_facts_import_no_network(name: str) -> None:
    tree = ast.parse((Path(zoo.papers.__path__[0]) / f"{name}.py").read_text())
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {module for module in modules if module.startswith("zoo")}
    assert ours <= {"zoo.network", *(f"zoo.papers.{paper}" for paper in PAPERS)}


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("resnet[block=triple]", "block must be"),
        ("resnet[stem_kind=none_such]", "stem must be"),
        ("resnet[shortcut_kind=C]", "shortcut must be"),
        ("resnet[blocks=(1, 1)]", "one number per stage"),
        ("adanet[target_rate=1.5]", "between 0 and 1"),
        ("adanet[target_rate=(0.5, 0.5)]", "2 numbers for 6 blocks"),
        ("adanet[temperature=0]", "temperature must be positive"),
        ("adanet[target_reduction=max]", "target_reduction must be"),
        ("branchynet[trunk=b-lenot]", "trunk must be one of"),
        ("branchynet[exit_weights=(1, 1)]", "exit_weights must be 3 numbers"),
        ("branchynet[trunk_share=1]", "trunk_share must be"),
    ],
)
def test_parameters_that_make_no_network_are_refused(selector: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        zoo.create(selector, zoo.Task(shape=(1, 28, 28), classes=10))


def test_published_trunks_refuse_other_pictures() -> None:
    with pytest.raises(ValueError, match=r"b-alexnet is defined for images of shape \(3, 32, 32\)"):
        zoo.create("branchynet[trunk=b-alexnet]", zoo.Task(shape=(1, 28, 28), classes=10))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"shape": (1, 0, 3), "classes": 2}, "shape"),
        ({"shape": (1, 8, 8), "classes": 1}, "classes"),
        ({"shape": (3, 8, 8), "classes": 2, "mean": (0.0, 0.0)}, "mean has 2 values for 3 channels"),
        ({"shape": (3, 8, 8), "classes": 2, "std": (0.0,)}, "std must be positive"),
    ],
)
def test_impossible_tasks_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        zoo.Task(**values)


@pytest.mark.parametrize(
    "file", ["x.pt", "a b, c.pt", "odd'name", 'two"quotes', "[1].pt", "1e5", "none", "null", " x", "a=b"]
)
def test_any_name_of_a_file_can_be_written_and_read(file: str) -> None:
    selector = zoo.Selector("adanet", "tiny", {"target_rate": 0.5, "weights": file})
    assert zoo.parse(str(selector)) == selector


def test_weights_are_no_part_of_the_architecture() -> None:
    selector = zoo.parse("adanet[small, target_rate=0.5, weights=x.pt]")
    assert selector.weights == "x.pt"
    assert str(selector.architecture) == "adanet[small, target_rate=0.5]"
    assert zoo.parameters_of(selector) == zoo.parameters_of(selector.architecture)
