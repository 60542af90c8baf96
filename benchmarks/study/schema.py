"""What a study file may contain, from the models that check it: as JSON Schema for editors, and as tables for people.

The meaning of a field is what its class says of it under `Attributes`.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any, get_args

from docstring_parser import DocstringStyle, parse
from pydantic import Field, create_model
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from benchmarks.measuring.options import Evaluation
from benchmarks.strict import Strict
from benchmarks.study.study import Study

DIALECT = "https://json-schema.org/draft/2020-12/schema"
"""The version of JSON Schema, by the name that it gives itself."""
TOP = "Study"
"""The name of the whole file among its parts."""
WORDS = {
    **{"string": "text", "integer": "integer", "number": "number"},
    **{"boolean": "true or false", "null": "null", "object": "mapping"},
}
LIMITS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def study_schema() -> dict[str, Any]:
    """JSON Schema of a study file, with a meaning for every field and the options of every evaluator that is there."""
    measured: dict[str, Any] = {
        name: (field.annotation, Field(field.default, description=_measures(field)))
        for name, field in Evaluation.fields().items()
    }
    evaluation = create_model("Evaluation", __base__=Strict, __doc__=Evaluation.__doc__, **measured)
    whole = create_model(TOP, __base__=Study, __doc__=Study.__doc__, evaluation=(evaluation, evaluation()))
    return {"$schema": DIALECT, **whole.model_json_schema(schema_generator=_WithMeanings)}


class _WithMeanings(GenerateJsonSchema):
    def model_schema(self, schema: core_schema.ModelSchema) -> dict[str, Any]:
        found = super().model_schema(schema)
        found["description"] = summary(schema["cls"])
        known = meanings(schema["cls"])
        for name, facts in found.get("properties", {}).items():
            facts.pop("title", None)
            if name in known:
                facts["description"] = known[name]
        return found


def summary(kind: type) -> str:
    """The first paragraph of a class's docstring, in one line."""
    return " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())


def meanings(kind: type) -> dict[str, str]:
    """What a class and those that it extends say of their attributes, by name."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        if issubclass(one, Strict) and one.__doc__:
            for item in parse(inspect.cleandoc(one.__doc__), DocstringStyle.GOOGLE).params:
                found[item.arg_name] = " ".join((item.description or "").split())
    return found


def _measures(field: FieldInfo) -> str:
    """What the evaluator of these options measures."""
    kinds = get_args(field.annotation)
    return summary(next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Strict)))


def tables(schema: Mapping[str, Any]) -> str:
    """The schema in Markdown: a section for every mapping of a study, with a table of its fields."""
    parts = [_section(TOP, schema)]
    parts += [_section(name, model) for name, model in schema["$defs"].items()]
    return "\n\n".join(parts)


def _section(name: str, model: Mapping[str, Any]) -> str:
    rows = [
        f"| `{field}` | {_value(facts)} | {_default(field, facts, model)} | {_cell(facts.get('description', ''))} |"
        for field, facts in model["properties"].items()
    ]
    head = ["| field | value | default | meaning |", "|---|---|---|---|"]
    return "\n".join([f"### {name}", "", model["description"], "", *head, *rows])


def _value(facts: Mapping[str, Any]) -> str:
    """The values of a field in words, with a link where they are a mapping."""
    if "$ref" in facts:
        name = facts["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in facts:
        return " or ".join(map(_value, facts["anyOf"]))
    if "enum" in facts or "const" in facts:
        return ", ".join(f"`{value}`" for value in facts.get("enum", [facts.get("const")]))
    if "array" in str(facts.get("type")):
        items = facts.get("items") or {}
        return f"list of {_value(items)}" if items else "list"
    return " ".join([WORDS.get(str(facts.get("type")), "any value"), *_limits(facts)])


def _limits(facts: Mapping[str, Any]) -> list[str]:
    return [f"{sign} {facts[name]}" for name, sign in LIMITS.items() if name in facts]


def _default(field: str, facts: Mapping[str, Any], model: Mapping[str, Any]) -> str:
    if field in model.get("required", ()):
        return "required"
    default = facts.get("default")
    if isinstance(default, Mapping):
        return "its defaults"
    return f"`{_cell(json.dumps(default, ensure_ascii=False))}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
