"""Versions of tables: the code and the inputs that made a table, compared with the current ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import zoo
from benchmarks.data import DatasetInfo
from benchmarks.measuring import Evaluator, evaluators
from benchmarks.measuring.options import Evaluation
from benchmarks.records.code_hashes import code_hashes
from benchmarks.records.files import sha256
from benchmarks.records.record import Record
from benchmarks.study.study import ModelSpec
from benchmarks.training.tasks import task_of

SERVING = "zoo/serving/lean.py"
"""The file on which tables depend that are measured as networks are served."""
LEAN_ELSEWHERE = {"external": ("zoo.serving.traced",)}
"""Modules with lean forms for networks of a method that no other's depend on; see `zoo.serving.lean`."""
PREPARATION = "benchmarks.measuring.preparation"
"""The module that makes of a record what evaluators measure."""


def _baseline(spec: ModelSpec, info: DatasetInfo) -> dict[str, Any]:
    baseline = zoo.baseline_of(spec.selector, task_of(info))
    return {"network": str(baseline), "code": code_hashes([zoo.method(baseline.name).network.__module__])}


def _epsilons(spec: ModelSpec, info: DatasetInfo) -> dict[str, list[float]]:
    return {"Linf": list(info.epsilons), "L2": list(info.l2_epsilons)}


def _papers(spec: ModelSpec, info: DatasetInfo) -> str:
    found = zoo.method(spec.method)
    sizes = {name: (preset.parameters, preset.task, preset.published) for name, preset in found.presets.items()}
    return sha256(repr((sizes, found.official, found.differs)).encode())[:16]


INPUTS: Mapping[str, Callable[[ModelSpec, DatasetInfo], Any]] = {
    "baseline": _baseline,
    "epsilons": _epsilons,
    "papers": _papers,
}
"""Functions that give the inputs that evaluators declare in `needs`."""


def version(chosen: Evaluator, evaluation: Evaluation, spec: ModelSpec, info: DatasetInfo) -> dict[str, Any]:
    """All that determines an evaluator's table besides the trained network.

    Keys: `code` (hash by source file), `options`, and `inputs` (the values of `Evaluator.needs`).
    """
    options = chosen.configured(evaluation)
    inputs = {name: INPUTS[name](spec, info) for name in chosen.needs}
    values = {
        "code": _with_lean_forms(code_hashes([*chosen.modules(evaluation), PREPARATION]), spec),
        "options": options.model_dump(mode="json") if options else {},
        "inputs": inputs,
    }
    plain: dict[str, Any] = json.loads(json.dumps(values))
    return plain


def is_current(record: Record, chosen: Evaluator, evaluation: Evaluation, info: DatasetInfo) -> bool:
    """Whether an evaluator's stored table was made by the current code and inputs."""
    if not record.has(chosen.name):
        return False
    return bool(record.made_by(chosen.name).get("version") == version(chosen, evaluation, record.spec, info))


def of_today(evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    """By evaluator, what the current code and a study's options make: `version` without inputs."""
    found = {}
    for chosen in evaluators():
        options = chosen.configured(evaluation)
        found[chosen.name] = {
            "code": code_hashes([*chosen.modules(evaluation), PREPARATION]),
            "options": json.loads(options.model_dump_json()) if options else {},
        }
    return found


def is_of_today(record: Record, evaluator: str, today: Mapping[str, Any]) -> bool:
    """Whether a table was made by code and options, those of `of_today`; inputs are not compared."""
    stored = record.made_by(evaluator).get("version", {})
    wanted = {**today, "code": _with_lean_forms(today["code"], record.spec)}
    return all(stored.get(name) == values for name, values in wanted.items())


def _with_lean_forms(code: Mapping[str, str], spec: ModelSpec) -> dict[str, str]:
    """The code of a table, and where it is measured as networks are served, that of the method's lean forms."""
    elsewhere = LEAN_ELSEWHERE.get(spec.method, ()) if SERVING in code else ()
    return {**code, **code_hashes(elsewhere)}
