"""In which environments a study's records and tables were made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from benchmarks.records.environment import environment_key
from benchmarks.records.record import Record
from benchmarks.reporting.evidence.evidence import TRAINING, EnvironmentEvidence

Made = tuple[str, str, Mapping[str, Any]]
"""What was made, the label of the network that it is of, and the environment that made it."""


def environments(records: Mapping[str, Record]) -> tuple[EnvironmentEvidence, ...]:
    """Every distinct environment of some records by label, the one that made most first."""
    made: dict[str, list[Made]] = defaultdict(list)
    for label, record in records.items():
        tables = record.manifest["tables"]
        found = {TRAINING: record.config["environment"]}
        found |= {name: table["environment"] for name, table in tables.items() if "environment" in table}
        for what, environment in found.items():
            made[environment_key(environment)].append((what, label, environment))
    ordered = sorted(made.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(_environment(key, things) for key, things in ordered)


def timed_in(record: Record) -> str:
    """Key of the environment in which a network was timed; empty where it was not."""
    return environment_key(record.made_by("latency").get("environment", {})) if record.has("latency") else ""


def _environment(key: str, made: list[Made]) -> EnvironmentEvidence:
    networks: dict[str, dict[str, None]] = defaultdict(dict)
    for what, label, _ in made:
        networks[what][label] = None
    dates = sorted(str(environment.get("created", "")) for _, _, environment in made)
    commits = dict.fromkeys(str(e["commit"]) for _, _, e in made if e.get("commit"))
    return EnvironmentEvidence(
        key=key,
        description=made[-1][2],
        networks={what: tuple(labels) for what, labels in networks.items()},
        commits=tuple(commits),
        dates=(dates[0], dates[-1]),
    )
