"""What a record and its tables were made of, as names and texts that can be compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from benchmarks.measuring.picture_names import PICTURES
from benchmarks.measuring.registry import RESERVED
from benchmarks.records.record import Record

TRAINING = "training"
"""What made a record's weights and settings, beside the evaluators that made its tables."""
IGNORED = ("created", "load_average")
"""Fields of an environment in which any two runs differ."""
HARMLESS = {("code", "commit"), ("machine", "cpus")}
"""Facts on which no number depends: hashes say which code differs, and `threads` how many cores were used."""
Fact = tuple[str, str]
"""Kind and name of something that a result was made of, such as ("recipe", "lr")."""


def tables_of(record: Record) -> list[str]:
    """Evaluators whose tables a record has, those of plug-ins too; pictures may have been left out."""
    names = [name for name in record.manifest["tables"] if name not in RESERVED and not name.endswith(PICTURES)]
    return [name for name in names if record.has(name)]


def facts(record: Record, made: str) -> dict[Fact, str]:
    """What weights and settings (`training`) or a table was made of."""
    if made != TRAINING:
        return _table_facts(record.made_by(made))
    config, spec = record.config, record.config["spec"]
    found = {
        ("data", "content"): str(config["data"]),
        ("data", "selector"): str(spec["dataset"]),
        ("seed", "seed"): str(spec["seed"]),
        ("precision", "precision"): str(config["precision"]),
        ("machine", "device"): str(config["device"]),
        ("network", "preset"): str(spec["preset"]),
        ("network", "baseline"): str(config["baseline"]["network"]),
    }
    found |= _named("network", flat(config["parameters"]))
    recipe = record.spec.recipe
    found |= _named("recipe", flat({**dict(recipe), "adversarial": str(recipe.adversarial or "none")}))
    found |= _named("code", config["code"])
    return found | _environment(config["environment"])


def differing_facts(a: Record, b: Record, made: str) -> list[Fact]:
    """Facts on which numbers depend and in which two results differ."""
    one, other = facts(a, made), facts(b, made)
    return [fact for fact in union(one, other) if one.get(fact) != other.get(fact) and fact not in HARMLESS]


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested values as texts by dotted names."""
    found: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value if isinstance(value, str) else json.dumps(value)
    return found


def _table_facts(made_by: Mapping[str, Any]) -> dict[Fact, str]:
    version = made_by.get("version", {})
    found = _named("code", version.get("code", {}))
    found |= _named("options", flat(version.get("options", {})))
    found |= _named("options", flat(version.get("inputs", {})))
    return found | _environment(made_by.get("environment", {}))


def _environment(values: Mapping[str, Any]) -> dict[Fact, str]:
    found: dict[Fact, str] = {}
    for name, value in values.items():
        if name == "packages":
            found |= _named("versions", {str(package): str(version) for package, version in value.items()})
        elif name not in IGNORED:
            kind = {"python": "versions", "commit": "code"}.get(name, "machine")
            found[kind, name] = "unknown" if value is None else value if isinstance(value, str) else json.dumps(value)
    return found


def _named(kind: str, values: Mapping[str, str]) -> dict[Fact, str]:
    return {(kind, name): value for name, value in values.items()}


def union(one: Mapping[Fact, str], other: Mapping[Fact, str]) -> list[Fact]:
    """Facts that one of two results has, in order."""
    return list(dict.fromkeys([*one, *other]))
