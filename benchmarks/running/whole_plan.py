"""All that a run of a study is to make, as the run wrote it down when it began: for other processes, without torch."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.records.claims import CLAIMS
from benchmarks.records.files import Damaged, StoreError, read_json, write_json

PLAN = "plan.json"


@dataclass(frozen=True, kw_only=True)
class NetworkPlan:
    """What a network of the study is to have.

    Attributes:
        label: of the network.
        record: name of its record.
        failure: name of the file of its last failure.
        epochs: of its training.
        effort: of an epoch, in a unit that is the same for all networks.
        size: of the network, likewise.
        shared: its tables that may share the machine.
        alone: those that need it alone, with the seconds that they are thought to take.
        missing: of both, those that were not there, or were stale, when the run began.
    """

    label: str
    record: str
    failure: str
    epochs: int
    effort: float
    size: float
    shared: Sequence[str]
    alone: Mapping[str, float | None]
    missing: Sequence[str]

    @property
    def tables(self) -> list[str]:
        """All of its tables."""
        return [*self.shared, *self.alone]


@dataclass(frozen=True, kw_only=True)
class WholePlan:
    """What a run is to make.

    Attributes:
        networks: in the order of the study.
        side_by_side: trainings that the machine has room for at once.
        written: seconds since the epoch.
    """

    networks: Sequence[NetworkPlan]
    side_by_side: int
    written: float = field(default_factory=time.time)


def write_plan(root: Path, plan: WholePlan) -> Path:
    """Write a plan into a study's directory, in the place of the last run's; the file."""
    path = root / CLAIMS / PLAN
    write_json(path, asdict(plan))
    return path


def read_plan(root: Path) -> WholePlan:
    """The plan of the last run of a study.

    Raises:
        StoreError: none is stored, or it is damaged or of another version.
    """
    path = root / CLAIMS / PLAN
    if not path.exists():
        raise StoreError(f"{root} has no plan of a run: the command that runs the study writes it, and has not done so")
    values: dict[str, Any] = read_json(path)
    try:
        return WholePlan(**{**values, "networks": [NetworkPlan(**network) for network in values["networks"]]})
    except (KeyError, TypeError) as error:
        raise Damaged(path, f"not a plan of this version of RouteBench: {error}") from error
