"""What a study file may contain, for editors and for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from benchmarks.measuring.options import Evaluation
from benchmarks.schema import app
from benchmarks.study.design import bundled_studies
from benchmarks.study.schema import study_schema, tables
from benchmarks.study.study import Study


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return study_schema()


def fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of every mapping, by its name."""
    for place, model in {"Study": schema, **schema["$defs"]}.items():
        for name, facts in model["properties"].items():
            yield f"{place}.{name}", facts


def test_it_is_json_schema(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)


def test_every_field_has_a_meaning(schema: dict[str, Any]) -> None:
    assert [name for name, facts in fields(schema) if not facts.get("description")] == []


def test_it_has_the_fields_of_a_study_and_of_every_evaluator(schema: dict[str, Any]) -> None:
    assert list(schema["properties"]) == list(Study.model_fields)
    assert list(schema["$defs"]["Evaluation"]["properties"]) == list(Evaluation.fields())


@pytest.mark.parametrize("name", sorted(bundled_studies()))
def test_the_studies_of_the_suite_are_valid(name: str, schema: dict[str, Any]) -> None:
    study = yaml.safe_load(bundled_studies()[name].read_text())
    assert [error.message for error in Draft202012Validator(schema).iter_errors(study)] == []


@pytest.mark.parametrize(
    "study",
    [
        {"epochs": 3},
        {"recipe": {"learning_rate": 0.1}},
        {"recipe": {"lr": 0}},
        {"repetitions": 1_001},
        {"name": "../up"},
        {"evaluation": {"accuracies": {}}},
        {"evaluation": {"latency": {"seconds": -1}}},
        {"methods": [{"name": "resnet", "lr": 0.1}]},
    ],
    ids=str,
)
def test_an_editor_sees_what_is_not_valid(study: dict[str, Any], schema: dict[str, Any]) -> None:
    assert not Draft202012Validator(schema).is_valid(study)


def test_an_evaluator_can_be_switched_off(schema: dict[str, Any]) -> None:
    assert Draft202012Validator(schema).is_valid({"evaluation": {"latency": None}})


def test_the_tables_have_a_row_for_every_field(schema: dict[str, Any]) -> None:
    rows = [line for line in tables(schema).splitlines() if line.startswith("| `")]
    assert len(rows) == len(list(fields(schema)))


def test_a_row_has_values_default_and_meaning(schema: dict[str, Any]) -> None:
    shown = tables(schema)
    assert "| `repetitions` | integer ≥ 1 ≤ 1000 | `1` | number of seeds, at most 1,000. |" in shown
    assert '| `attack` | `pgd`, `fgsm` | `"pgd"` | `pgd` (Madry et al. 2018)' in shown
    assert "| `recipe` | [Recipe](#recipe) | its defaults | how to train. |" in shown
    assert "| `epsilon` | number > 0 ≤ 1 | required | radius of the L-infinity ball" in shown


def test_the_command_prints_it(schema: dict[str, Any]) -> None:
    done = CliRunner().invoke(app, [])
    assert (done.exit_code, json.loads(done.stdout)) == (0, json.loads(json.dumps(schema)))
