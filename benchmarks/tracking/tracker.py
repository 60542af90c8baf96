"""Writes the numbers of networks for other tools when their jobs have ended; a record is only read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.records.files import StoreError
from benchmarks.running.campaign import Campaign
from benchmarks.running.events import Event
from benchmarks.tracking.mlflow_store import write_run
from benchmarks.tracking.scalars import Scalars, scalars_of
from benchmarks.tracking.tensorboard import write_events

Write = Callable[[str, Scalars], None]
"""Writes the numbers of a network of the study of that name."""


def writers(tensorboard: Path | None, mlflow: Path | None) -> list[Write]:
    """What writes for the tools whose folder is given."""
    found: list[Write] = []
    if tensorboard is not None:
        found.append(partial(write_events, tensorboard))
    if mlflow is not None:
        found.append(partial(write_run, mlflow))
    return found


class Tracker:
    """Writes a network's numbers at the end of each of its jobs, and at the end of the run those of all others.

    Args:
        campaign: whose networks are written.
        to: what writes them.
        say: called with a line where something cannot be written; the run continues without it.
    """

    def __init__(self, campaign: Campaign, to: Sequence[Write], say: Callable[[str], None]) -> None:
        self._campaign = campaign
        self._to = to
        self._say = say
        self._specs = {spec.label: spec for spec in campaign.specs}
        self._written: set[str] = set()

    def __call__(self, event: Event) -> None:
        """Write the network of a job that has ended."""
        if event.kind == "done":
            self._write(event.job.partition(" ")[2])

    def finish(self) -> None:
        """Write the networks for which nothing had to be done."""
        for label in self._specs.keys() - self._written:
            self._write(label)

    def _write(self, label: str) -> None:
        record = self._campaign.store.record(self._campaign.identity(self._specs[label])) if self._to else None
        if record is None:
            return
        self._written.add(label)
        try:
            found = scalars_of(record)
            for write in self._to:
                write(self._campaign.study.name, found)
        except (OSError, StoreError) as error:
            self._say(f"{label} is not tracked: {' '.join(str(error).split())}")
