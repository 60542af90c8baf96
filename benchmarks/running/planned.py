"""What is missing of a study's networks, and the jobs for it in the order of their stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.records.store import Status
from benchmarks.study.study import ModelSpec

Kind = Literal["train", "measure", "time"]
"""Of a job; see `benchmarks.running.jobs.Job`."""


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What a job needs: CPUs, a fraction of a GPU, or the machine alone."""

    cpus: float = 1.0
    gpus: float = 0.0
    alone: bool = False


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A model of the study with its missing work.

    Attributes:
        spec: the model.
        baseline: selector of the ResNet that the network is compared with.
        status: state in the store.
        evaluators: missing tables that may share the machine.
        alone: missing tables that need the machine alone.
    """

    spec: ModelSpec
    baseline: str
    status: Status
    evaluators: tuple[str, ...]
    alone: tuple[str, ...]

    @property
    def trained(self) -> bool:
        """Whether the network is trained."""
        return self.status.state == "done"

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.trained and not self.evaluators and not self.alone


def stages(planned: Sequence[Planned]) -> list[list[tuple[Kind, ModelSpec]]]:
    """The jobs of a plan, in groups that run one after another.

    First networks that several processes train, which need many workers at once; then all other training, and
    everything that may share the machine; then timing alone.
    """
    joint: list[tuple[Kind, ModelSpec]] = []
    shared: list[tuple[Kind, ModelSpec]] = []
    for p in planned:
        if p.spec.processes > 1:
            joint += [] if p.trained else [("train", p.spec)]
            shared += [("measure", p.spec)] if p.evaluators else []
        elif not p.trained or p.evaluators:
            shared.append(("train", p.spec))
    return [joint, shared, [("time", p.spec) for p in planned if p.alone]]


def is_joint(kind: Kind, spec: ModelSpec) -> bool:
    """Whether a job is done by several processes together."""
    return kind == "train" and spec.processes > 1


def job_name(kind: Kind, spec: ModelSpec) -> str:
    """The name of a network's job."""
    return f"{'load' if kind == 'train' and spec.weights else kind} {spec.label}"
