"""Run a study: find what is missing, make the jobs for it, and run them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

import zoo
from benchmarks.measuring import evaluators
from benchmarks.plugins.loading import loaded_modules
from benchmarks.records.belonging import belonging, unregistered
from benchmarks.records.claims import Busy, claim, is_claimed
from benchmarks.records.class_names import CLASSES, write_class_names
from benchmarks.records.derived import SUMMARY, is_derived, joined, store_derived
from benchmarks.records.environment import describe_environment
from benchmarks.records.files import replacing
from benchmarks.records.given import check_weights, contents_of, files_of
from benchmarks.records.identity import Identity, data_key, identify
from benchmarks.records.record import Record
from benchmarks.records.sample_images import FACTS, PICTURE, remove_sample_images, write_sample_images
from benchmarks.records.store import Status, Store, newest_by_key
from benchmarks.remote.exchange import RemoteStudy, store_at
from benchmarks.running.estimate import TrainingEstimates, budget
from benchmarks.running.events import Progress
from benchmarks.running.fetching import fetch, fetching
from benchmarks.running.gpu_share import measured_share
from benchmarks.running.growing import run_growing
from benchmarks.running.jobs import Job, load_dataset, missing_tables, wanted_of
from benchmarks.running.planned import Kind, Planned, Resources, is_joint, job_name, stages
from benchmarks.running.scheduling import Event, Outcome, Scheduler
from benchmarks.study.study import ModelSpec, Study, StudyError
from benchmarks.training.distributed.limits import check_joint
from benchmarks.training.tasks import task_of
from zoo.sizing.counting import drawn_on_meta

POLL = 0.5
"""Seconds between two checks of networks that another run is working on."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a study is run: folders, device and limits.

    Attributes:
        results: folder of the study's directory.
        data_root: folder that is searched for data sets.
        device: of training and measuring.
        cpus_per_job: CPUs of a training job.
        gpus_per_job: fraction of a GPU of a training job; None for what its network needs, as measured before.
        hours: limit for training and for each evaluator; None for a multiple of their estimate.
        time_on: machine of a cluster that times; see `benchmarks.running.scheduling.nodes`.
        images: whether test images, and of the first seed's attacks pictures, are stored for pages that show them.
        remote: the study, if it is at a URL; then its directory in `results` mirrors it.
    """

    results: Path
    data_root: Path | None = None
    device: str = "cpu"
    cpus_per_job: float = 1.0
    gpus_per_job: float | None = 0.0
    hours: float | None = None
    time_on: str | None = None
    images: bool = True
    remote: RemoteStudy | None = None


class Campaign:
    """A study together with the options of its run.

    Args:
        study: to run.
        options: of the run.
        on_read: called when the data are read and the networks known, before the networks are checked.

    Raises:
        StudyError: a method or parameter does not exist, or does not fit the data set.
    """

    def __init__(self, study: Study, options: RunOptions, on_read: Callable[[], None] = lambda: None) -> None:
        self.options = options
        self.store = store_at(options.results / study.name, options.remote)
        self.dataset = load_dataset(study.dataset, options.data_root)
        self.study = study.model_copy(update={"preset": study.preset or self.dataset.info.preset})
        self.specs = self.study.models()
        on_read()
        self._known_phases: dict[str, int] = {}
        self._shares: dict[str, float] = {}
        self._estimates = TrainingEstimates(self.dataset, torch.device(options.device))
        self._check_networks(self.specs)
        named = {spec.key for spec in self.specs}
        self.study = self.study.with_static_curve(task_of(self.dataset.info))
        self.specs = self.study.models()
        self._check_networks([spec for spec in self.specs if spec.key not in named])

    def _check_networks(self, specs: Sequence[ModelSpec]) -> None:
        for spec in specs:
            try:
                phases = self.phases(spec)
                check_weights(spec, task_of(self.dataset.info))
                self._check_processes(spec)
            except (ValueError, RuntimeError, ArithmeticError) as error:
                raise StudyError(f"{spec.label}: {' '.join(str(error).split())}") from error
            if spec.recipe.epochs < phases:
                raise StudyError(f"recipe.epochs: {spec.label} needs at least {phases}, one per training phase")

    def _check_processes(self, spec: ModelSpec) -> None:
        if spec.processes > 1:
            net = drawn_on_meta(spec.selector, task_of(self.dataset.info))
            check_joint(net, spec.recipe, len(self.dataset.train), spec.processes)

    def phases(self, spec: ModelSpec) -> int:
        """Number of training phases; a network with several repetitions is built once.

        Raises:
            ValueError: the network does not fit the data set, or smooths labels by another share than its recipe.
        """
        selector = str(spec.selector)
        if selector not in self._known_phases:
            net = drawn_on_meta(spec.selector, task_of(self.dataset.info))
            net.smooth_labels(spec.recipe.label_smoothing)
            self._known_phases[selector] = len(net.phases())
        return self._known_phases[selector]

    @cached_property
    def identities(self) -> dict[str, Identity]:
        """Identity that each model would have if it were trained now, by key of its specification.

        Raises:
            StudyError: given weights are missing and have no record, or are those of another network of the study.
        """
        device = torch.device(self.options.device)
        found = {spec.key: identify(spec, self.dataset, device, given=self._given(spec)) for spec in self.specs}
        same: dict[str, ModelSpec] = {}
        for spec in self.specs:
            other = same.setdefault(found[spec.key].name, spec)
            if other != spec:
                raise StudyError(f"methods: {other.label} and {spec.label} are the same network: their files are equal")
        return found

    def _given(self, spec: ModelSpec) -> dict[str, Any]:
        """What the files of a network that is given hold; of files that are gone, what the network's record says."""
        try:
            return contents_of(spec)
        except ValueError as error:
            record = newest_by_key(self.store.readable_records()).get(spec.key)
            if record is None or "given" not in record.config:
                raise StudyError(f"{spec.label}: {' '.join(str(error).split())}") from error
            return dict(record.config["given"])

    def given_files(self) -> list[Path]:
        """The files that the user brings, weights and code of networks, whether or not they are there."""
        return [path for spec in self.specs for path in files_of(spec)]

    @property
    def plugins(self) -> tuple[str, ...]:
        """Modules of the study's plug-ins."""
        return loaded_modules(self.study.plugins)

    def identity(self, spec: ModelSpec) -> Identity:
        """Identity of a model of the study."""
        return self.identities[spec.key]

    def check_data(self) -> None:
        """Refuse to mix two data sets in one study.

        Raises:
            StudyError: a record of the study was made on other data; the message says what to do.
        """
        today = data_key(self.dataset)
        others = newest_by_key(self.store.readable_records())
        for spec in self.specs:
            record = others.get(spec.key)
            if record is not None and record.config["data"] != today:
                raise StudyError(
                    f"{self.store.root} was made on other data than {self.study.dataset} is now: {spec.label} on "
                    f"{record.config['data']}, today's are {today}; give this study another --name, or make all of it "
                    "again with --force"
                )

    def plan(self) -> list[Planned]:
        """Every model of the study with its status, in order."""
        newest = newest_by_key(self.store.readable_records())
        return [self._planned(spec, newest) for spec in self.specs]

    def _planned(self, spec: ModelSpec, newest: dict[str, Record]) -> Planned:
        identity = self.identity(spec)
        status = self.store.status(identity, newest)
        record = self.store.record(identity) if status.state == "done" else None
        shared, alone = self._missing(spec, record)
        if record is not None and (shared or alone) and not self.store.has_weights(record):
            status = Status("stale", f"stored without its weights, which {', '.join((*shared, *alone))} need")
            shared, alone = self._missing(spec, None)
        baseline = str(zoo.baseline_of(spec.selector, task_of(self.dataset.info)))
        return Planned(spec=spec, baseline=baseline, status=status, evaluators=shared, alone=alone)

    def _missing(self, spec: ModelSpec, record: Record | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Missing tables that may share the machine, and those that need it alone, which few seeds have."""
        timed = spec.repetition < self.study.timed_repetitions
        return self._missing_of(spec, record, alone=False), self._missing_of(spec, record, alone=True) if timed else ()

    def _missing_of(self, spec: ModelSpec, record: Record | None, *, alone: bool) -> tuple[str, ...]:
        evaluation = self.study.evaluation
        if record is None:
            return tuple(e.name for e in wanted_of(spec, evaluation, alone=alone))
        missing = missing_tables(record, self.dataset, evaluation, alone=alone, pictures=self._pictured(spec))
        return tuple(e.name for e in missing)

    def _pictured(self, spec: ModelSpec) -> bool:
        """Whether pictures of attacked images are stored: a page shows the first seed's."""
        return self.options.images and spec.repetition == 0

    def estimate(self, planned: Planned) -> float:
        """Seconds that one job would take for what is missing, estimated from a few timed steps and the options."""
        device = torch.device(self.options.device)
        record = self.store.record(self.identity(planned.spec)) if planned.trained else None
        settings = len(record.settings) if record else 1
        timed = [e for e in evaluators(alone=True) if e.name in planned.alone]
        seconds = sum(budget(e, self.study.evaluation, device, settings) or 0.0 for e in timed)
        done = planned.trained or planned.spec.weights
        return seconds + (0.0 if done else self._estimates.of(planned.spec))

    def discard(self) -> None:
        """Remove every model of the study, so that all of them are made again."""
        for spec in self.specs:
            self.store.discard(spec)
            self.store.discard_workspace(self.identity(spec))

    def kept(self) -> list[str]:
        """Labels of networks that are stored and cannot be made again: nothing here has their method."""
        return [spec.label for spec in unregistered(newest_by_key(self.store.readable_records()), self.study)]

    def put_aside_damaged(self) -> list[str]:
        """Put aside damaged files of the study, except where another run is working; one line for each."""
        lines = [
            *self.store.put_aside_damaged_failures(),
            *self.store.put_aside_damaged_others(self.identities.values()),
        ]
        for spec in self.specs:
            identity = self.identity(spec)
            record = self.store.record(identity)
            if record is None or not record.check():
                continue
            try:
                with claim(self.store.claim_file(identity)):
                    lines += self.store.put_aside_damaged(identity)
            except Busy:
                continue  # the run that is working on it puts it aside
        return lines

    def run(self, scheduler: Scheduler, on_event: Callable[[Event], None]) -> list[Outcome]:
        """Do what is missing, stage by stage: see `stages`.

        Networks that another run is working on are left to it, and checked again when it has finished them.

        Raises:
            StudyError: the study's directory holds networks that were made on other data.
        """
        self.check_data()
        self.store.write_study(self.study, describe_environment())
        write_class_names(self.store.root, self.dataset)
        self.store.elsewhere.changed(self.store.root / CLASSES)
        self.put_aside_damaged()
        self._follow_moved_files()
        planned = self.plan()
        outcomes: list[Outcome] = []
        lost: set[str] = set()
        for stage in stages(planned):
            jobs = [self._job(kind, spec) for kind, spec in stage if spec.key not in lost]
            ended = self._run(jobs, scheduler, on_event)
            failed = {outcome.job for outcome in ended if outcome.error}
            lost |= {job.spec.key for job in jobs if job.name in failed}
            outcomes += ended
        self.summarise()
        if self.options.images:
            write_sample_images(self.store.root, self.dataset)
        else:
            remove_sample_images(self.store.root)
            self.store.remove_pictures()
        for name in (PICTURE, FACTS):
            self.store.elsewhere.changed(self.store.root / name)
        return outcomes

    def _follow_moved_files(self) -> None:
        """Let records of given networks name the files that the study names today, which hold the same."""
        for spec in self.specs:
            record = self.store.record(self.identity(spec))
            if record is not None and record.spec.key != spec.key:
                with suppress(Busy), claim(self.store.claim_of(record)):
                    record.rewrite_config(spec=spec.model_dump(mode="json"))
                    self.store.elsewhere.changed(record.path)

    def _run(self, jobs: list[Job], scheduler: Scheduler, on_event: Callable[[Event], None]) -> list[Outcome]:
        started = datetime.now(UTC).isoformat()
        ended: list[Outcome] = []
        while jobs:
            outcomes = run_growing(jobs, scheduler, fetching(self.store, self.identities, jobs, on_event))
            fetch(self.store, [self.identity(job.spec) for job in jobs])
            busy = {outcome.job for outcome in outcomes if outcome.busy}
            ended += [outcome for outcome in outcomes if not outcome.busy]
            jobs = [job for job in jobs if job.name in busy]
            if jobs:
                self._wait(jobs, on_event)
            failed = [outcome for job in jobs if (outcome := self._failed_elsewhere(job, started))]
            ended += failed
            jobs = [job for job in jobs if job.name not in {outcome.job for outcome in failed}]
        return ended

    def _wait(self, jobs: list[Job], on_event: Callable[[Event], None]) -> None:
        """Wait until another run has finished one of these jobs' networks."""
        for job in jobs:
            on_event(Event(job=job.name, kind="progress", progress=Progress(step="another run is working on it")))
        while all(is_claimed(self.store.claim_file(self.identity(job.spec))) for job in jobs):
            time.sleep(POLL)

    def _failed_elsewhere(self, job: Job, since: str) -> Outcome | None:
        """The outcome of another run's job on the same network, if it failed since then."""
        failure = self.store.failure(job.spec)
        if failure and failure["job"] == job.kind and str(failure.get("when", "")) >= since:
            return Outcome(job=job.name, error=str(failure["error"]))
        return None

    def jobs(self, planned: Sequence[Planned]) -> list[str]:
        """Names of the jobs for a plan, in order."""
        return [job_name(kind, spec) for stage in stages(planned) for kind, spec in stage]

    def _job(self, kind: Kind, spec: ModelSpec) -> Job:
        options = self.options
        alone = kind == "time"
        whole = alone or is_joint(kind, spec)
        identity = self.identity(spec)
        return Job(
            kind=kind,
            spec=spec,
            identity=identity.name,
            precision=identity.precision,
            evaluation=self.study.evaluation.model_dump(mode="json"),
            root=self.store.root.resolve(),
            data_root=options.data_root.resolve() if options.data_root else None,
            device=options.device,
            hours=options.hours,
            resources=Resources(
                cpus=options.cpus_per_job,
                gpus=1.0 if whole and self._on_gpus else self.gpu_share(spec),
                alone=alone,
            ),
            pictures=self._pictured(spec),
            plugins=self.plugins,
            evaluators=tuple(e.name for e in evaluators() if e.wanted(self.study.evaluation)),
            folder=Path.cwd(),
            given=identity.given,
            remote=options.remote,
        )

    @property
    def _on_gpus(self) -> bool:
        return self.options.gpus_per_job is None or self.options.gpus_per_job > 0

    def gpu_share(self, spec: ModelSpec) -> float:
        """The fraction of a GPU that a training job of a network gets first."""
        if self.options.gpus_per_job is not None:
            return self.options.gpus_per_job
        if spec.weights:
            return 1.0  # nothing is trained, so that nothing can be measured
        network = spec.seedless_key
        if network not in self._shares:
            self._shares[network] = measured_share(spec, self.dataset, torch.device(self.options.device))
        return self._shares[network]

    def summarise(self) -> None:
        """Write `summary.parquet` and `networks.json`, and store what is derived from each record's tables."""
        records = shown_records(self.store, self.study)
        self.store.write_networks(records)
        for record in records.values():
            if not is_derived(record):
                try:
                    with claim(self.store.claim_of(record)):
                        store_derived(record)
                        self.store.elsewhere.changed(record.path)
                except Busy:
                    continue  # computed below in any case, and stored by the next run
        table = joined([*records.items()], SUMMARY, column="model")
        with replacing(self.store.root / "summary.parquet") as temporary:
            table.to_parquet(temporary, index=False)
        self.store.elsewhere.changed(self.store.root / "summary.parquet")


def shown_records(store: Store, study: Study) -> dict[str, Record]:
    """The records that belong to a study, by label, in the study's order: the newest of each network it asks for.

    Those of methods that are not registered any more, as of a plug-in that is not here, are last.

    Raises:
        StoreError: one of the directory's records is damaged.
    """
    found = belonging(newest_by_key(store.records()), study)
    return {label: record for label, (_, record) in found.items()}
