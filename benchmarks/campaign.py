"""A study from its plan to its records: what is missing, which jobs that takes, and running them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

import zoo
from benchmarks.energy import SETTLING
from benchmarks.environment import describe_environment
from benchmarks.estimate import estimate_training
from benchmarks.evaluators import evaluators
from benchmarks.jobs import Job, Kind, Resources, code_of, load_dataset, missing_tables, task_of
from benchmarks.scheduling import Event, Outcome, Scheduler
from benchmarks.seeds import derive
from benchmarks.store import Record, Status, Store, replacing
from benchmarks.study import ModelSpec, Study, StudyError
from benchmarks.summary import summarise


@dataclass(frozen=True, kw_only=True)
class Where:
    """Where a study runs.

    Attributes:
        results: folder that holds the study's directory.
        data_root: where data sets are looked for.
        device: of training and measuring.
        cpus_per_job: CPUs of a training job.
        gpus_per_job: fraction of a GPU of a training job.
    """

    results: Path
    data_root: Path | None = None
    device: str = "cpu"
    cpus_per_job: float = 1.0
    gpus_per_job: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A model of the study and what is left to do for it."""

    spec: ModelSpec
    status: Status
    evaluators: tuple[str, ...]
    alone: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Nothing to do."""
        return self.status.state == "done" and not self.evaluators and not self.alone


class Campaign:
    """A study with the place where it runs.

    Raises:
        StudyError: methods or parameters that do not exist or do not fit the data set.
    """

    def __init__(self, study: Study, where: Where) -> None:
        self.study = study
        self.where = where
        self.store = Store(where.results / study.name)
        self.dataset = load_dataset(study.dataset, where.data_root)
        self.specs = study.models(self.dataset.info.preset)
        self._check_networks()

    def _check_networks(self) -> None:
        for spec in self.specs:
            try:
                phases = zoo.create(spec.selector, task_of(self.dataset.info)).phases()
            except ValueError as error:
                raise StudyError(f"{spec.label}: {error}") from error
            if spec.recipe.epochs < len(phases):
                raise StudyError(f"recipe.epochs: {spec.label} needs at least {len(phases)}, one per training phase")

    def plan(self) -> list[Planned]:
        """Every model of the study with its status, in order."""
        return [self._planned(spec) for spec in self.specs]

    def _planned(self, spec: ModelSpec) -> Planned:
        code = code_of(spec)
        record = self.store.record(spec, code)
        status = self.store.status(spec, code)
        return Planned(
            spec=spec,
            status=status,
            evaluators=self._missing(record, alone=False),
            alone=self._missing(record, alone=True),
        )

    def _missing(self, record: Record | None, *, alone: bool) -> tuple[str, ...]:
        evaluation = self.study.evaluation
        if record is None:
            return tuple(e.name for e in evaluators(alone=alone) if e.wanted(evaluation))
        return tuple(e.name for e in missing_tables(record, evaluation, alone=alone))

    def estimate(self, planned: Planned) -> float:
        """Seconds that one job would take for what is missing: from timing a few steps, and from the options."""
        seconds = 0.0
        if planned.status.state != "done":
            seconds += estimate_training(planned.spec, self.dataset, torch.device(self.where.device))
        latency, energy = self.study.evaluation.latency, self.study.evaluation.energy
        if "latency" in planned.alone and latency:
            seconds += latency.seconds * len(latency.batch_sizes)
        if "energy" in planned.alone and energy and torch.device(self.where.device).type == "cuda":
            record = self.store.record(planned.spec, code_of(planned.spec))
            turns = 3 + (len(record.settings) if record else 1)  # idle, static, everything, and every setting
            seconds += (energy.seconds + SETTLING) * energy.repetitions * len(energy.batch_sizes) * turns
        return seconds

    def discard(self) -> None:
        """Forget every model of the study, so that all of them are made anew."""
        for spec in self.specs:
            self.store.discard(spec, code_of(spec))

    def run(self, scheduler: Scheduler, on_event: Callable[[Event], None]) -> list[Outcome]:
        """Do what the plan finds missing: first training and all that may share the machine, then timing, alone."""
        self.store.write_study(self.study, describe_environment())
        planned = self.plan()
        training = [p.spec for p in planned if p.status.state != "done" or p.evaluators]
        outcomes = scheduler.run([self._job("train", spec) for spec in training], on_event)
        failed = {outcome.job for outcome in outcomes if outcome.error}
        timing = [p.spec for p in planned if p.alone and self._job("train", p.spec).name not in failed]
        outcomes += scheduler.run([self._job("time", spec) for spec in timing], on_event)
        self.summarise()
        return outcomes

    def jobs(self, planned: Sequence[Planned]) -> list[str]:
        """Names of the jobs that a plan takes, in order."""
        training = [p for p in planned if p.status.state != "done" or p.evaluators]
        timing = [p for p in planned if p.alone]
        return [self._job("train", p.spec).name for p in training] + [self._job("time", p.spec).name for p in timing]

    def _job(self, kind: Kind, spec: ModelSpec) -> Job:
        where = self.where
        alone = kind == "time"
        return Job(
            kind=kind,
            spec=spec,
            evaluation=self.study.evaluation,
            root=self.store.root.resolve(),
            data_root=where.data_root.resolve() if where.data_root else None,
            device=where.device,
            resources=Resources(
                cpus=where.cpus_per_job,
                gpus=(1.0 if alone else where.gpus_per_job) if where.gpus_per_job else 0.0,
                alone=alone,
            ),
        )

    def summarise(self) -> None:
        """Write `summary.parquet` from the records."""
        table = summarise(shown_records(self.store, self.study))
        with replacing(self.store.root / "summary.parquet") as temporary:
            table.to_parquet(temporary, index=False)


def shown_records(store: Store, study: Study) -> dict[str, Record]:
    """The records that belong to a study, by label: the newest of each specification."""
    found: dict[str, Record] = {}
    for record in store.records():
        if belongs(record.spec, study) and record.spec.method in zoo.methods():
            found.setdefault(record.spec.label, record)
    order = [*zoo.methods()]
    return dict(sorted(found.items(), key=lambda item: (order.index(item[1].spec.method), item[0])))


def belongs(spec: ModelSpec, study: Study) -> bool:
    """Whether a model was trained on a study's data set, with its recipe and from its seed."""
    same_recipe = study.published_recipes or spec.recipe == study.recipe
    same_seed = spec.seed == derive(study.seed, spec.selector, spec.dataset, spec.repetition)
    return spec.dataset == study.dataset and same_recipe and same_seed
