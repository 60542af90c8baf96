"""How far a study is, from its directory alone: records, claims, failures, and what its jobs have told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.records.claims import is_claimed
from benchmarks.records.files import StoreError, from_yaml, read_json, read_yaml
from benchmarks.running.events import MACHINE_WAIT
from benchmarks.running.told import Told, read_told, told_file
from benchmarks.running.whole_plan import NetworkPlan, WholePlan, read_plan

SLACK = 2.0
"""Seconds by which the clocks of a file system and of a process may differ."""


@dataclass(frozen=True, kw_only=True)
class NetworkStatus:
    """A network of a study, and how far it is.

    Attributes:
        plan: what it is to have.
        trained: whether its record is there.
        running: whether a job works on it.
        seconds: of its training and of each of its tables that are there, by name; training's is `train`.
        made: its tables that are there and were made by today's code.
        told: what its job has told last.
        error: of the last job that failed, if none has succeeded since.
    """

    plan: NetworkPlan
    trained: bool
    running: bool
    seconds: Mapping[str, float] = field(default_factory=dict)
    made: frozenset[str] = frozenset()
    told: Told | None = None
    error: str = ""

    @property
    def missing(self) -> list[str]:
        """Tables that are still to be made."""
        return [name for name in self.plan.tables if name not in self.made]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.trained and not self.missing

    @property
    def state(self) -> str:
        """In a word or two."""
        if self.running:
            return "waits" if self.told is not None and self.told.step == MACHINE_WAIT else "running"
        if self.complete:
            return "done"
        if self.error:
            return "failed"
        if self.trained:
            return "trained"
        return "stopped" if self.told is not None and self.told.epoch else "missing"


@dataclass(frozen=True, kw_only=True)
class StudyStatus:
    """A study, and how far it is.

    Attributes:
        plan: of its last run.
        networks: in the study's order.
    """

    plan: WholePlan
    networks: tuple[NetworkStatus, ...]

    @property
    def running(self) -> bool:
        """Whether a job works on one of its networks."""
        return any(network.running for network in self.networks)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return all(network.complete for network in self.networks)


def study_status(root: Path, works_on: Callable[[str], bool] | None = None) -> StudyStatus:
    """How far a study is.

    Args:
        root: its directory.
        works_on: whether a job works on the record of a name; None: whether its claim in this directory is held.

    Raises:
        StoreError: it has no plan, or a damaged one.
    """
    plan = read_plan(root)
    running = works_on or (lambda record: is_claimed(told_file(root, record).with_suffix(".lock")))
    return StudyStatus(
        plan=plan,
        networks=tuple(_status(root, one, plan.written, running=running(one.record)) for one in plan.networks),
    )


def _status(root: Path, plan: NetworkPlan, since: float, *, running: bool) -> NetworkStatus:
    record = root / "models" / plan.record
    seconds = _seconds(record)
    stale = {name for name in plan.missing if not _made_since(record / f"{name}.parquet", since)}
    return NetworkStatus(
        plan=plan,
        trained=record.is_dir(),
        running=running,
        seconds=seconds,
        made=frozenset(plan.tables) & seconds.keys() - stale,
        told=read_told(told_file(root, plan.record)),
        error=_error(root / "failures" / f"{plan.failure}.yaml"),
    )


def _seconds(record: Path) -> dict[str, float]:
    """Of training and of every table; empty where there is no record, or it cannot be read."""
    try:
        manifest: dict[str, Any] = read_json(record / "manifest.json")
        config: dict[str, Any] = from_yaml((record / "config.yaml").read_text())
    except (StoreError, OSError):  # not there yet, or being replaced
        return {}
    tables = {name: float(made.get("seconds", 0.0)) for name, made in manifest["tables"].items()}
    return {"train": float(config.get("seconds", 0.0)), **tables}


def _made_since(path: Path, moment: float) -> bool:
    try:
        return path.stat().st_mtime >= moment - SLACK
    except FileNotFoundError:
        return False


def _error(path: Path) -> str:
    try:
        return str(read_yaml(path).get("error", ""))
    except StoreError:  # none, or a damaged one, which the next run reports
        return ""
