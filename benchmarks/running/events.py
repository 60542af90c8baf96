"""What jobs say while they run; imports nothing slow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from benchmarks.measuring.doing import Doing

SETTINGS = "settings"
"""The step between training and the first evaluator: the network proposes its settings."""
OTHER, TRAINING, WAITING = "other", "training", "waiting"
MACHINE_WAIT = "waits for the machine"
WORDS = {"train": TRAINING, MACHINE_WAIT: WAITING, "another run is working on it": WAITING}
"""What steps are called that are not evaluators."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A message from a job.

    Attributes:
        step: what it does: `train`, or the name of an evaluator.
        epoch: during training, the figures of the last epoch.
        doing: the part of the step that begins, of evaluators that tell.
    """

    step: str
    epoch: dict[str, Any] = field(default_factory=dict)
    doing: Doing | None = None


Report = Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True)
class Event:
    """A change in the state of a job.

    Attributes:
        job: name of the job.
        kind: `started`, `progress`, `retried`, `done` or `failed`.
        progress: for the kind `progress`.
        error: one line, for the kinds `retried` and `failed`.
    """

    job: str
    kind: Literal["started", "progress", "retried", "done", "failed"]
    progress: Progress | None = None
    error: str = ""
