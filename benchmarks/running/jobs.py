"""Jobs, which run on a worker: train and measure one network, or time one network alone."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
import torch

import zoo
from benchmarks import data
from benchmarks.data import Dataset
from benchmarks.measuring import Evaluator, TrainedNetwork, evaluators
from benchmarks.measuring.doing import Doing, told_to
from benchmarks.measuring.options import Evaluation
from benchmarks.measuring.picture_names import pictures_of
from benchmarks.measuring.pictures import joined_pictures
from benchmarks.measuring.preparation import measure
from benchmarks.measuring.registry import EVALUATORS, OF_THE_FIRST_SEED
from benchmarks.plugins.travelling import load_travelled
from benchmarks.records.checkpoint import FileCheckpoint
from benchmarks.records.claims import Busy, claim, hold_machine
from benchmarks.records.environment import describe_environment
from benchmarks.records.files import StoreError
from benchmarks.records.given import contents_of, origin_of_given
from benchmarks.records.identity import Identity, identify
from benchmarks.records.record import Record
from benchmarks.records.store import CHECKPOINT, Store
from benchmarks.records.versions import is_current, version
from benchmarks.remote.exchange import RemoteStudy, store_at
from benchmarks.running.deadline import deadline
from benchmarks.running.estimate import estimate_training
from benchmarks.running.events import MACHINE_WAIT, SETTINGS, Progress, Report
from benchmarks.running.gpu_share import OutOfGpuMemory, held_to
from benchmarks.running.loaded import load_network
from benchmarks.running.planned import Kind, Resources, is_joint, job_name
from benchmarks.running.told import telling, told_file
from benchmarks.study.study import ModelSpec, parse_dataset
from benchmarks.training.distributed.peers import PeerLost
from benchmarks.training.fitting import Fitted, fit, propose_settings
from benchmarks.training.loop import Epoch
from benchmarks.training.numerics import single_threaded
from benchmarks.training.tasks import task_of
from zoo.network import RoutedNet, Setting
from zoo.registry import is_given
from zoo.remote.files import RemoteError
from zoo.weights import relative_to

Fitting = Callable[..., Fitted]
"""Takes the arguments of `benchmarks.training.fitting.fit`."""
LIMIT_FACTOR = 20
"""Limit of training or of an evaluator, as a multiple of its estimate."""
MIN_LIMIT = 3600.0
"""Smallest limit in seconds, however short the estimate is."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One network's training and measurements, or its timing. It can be pickled, and can always be run again.

    Attributes:
        kind: `train` (train if needed, then every evaluator that may share the machine), `measure` (those evaluators,
            of a network that several processes have trained) or `time` (the others).
        spec: the network.
        identity: name of the record that the driver expects; a worker with other code or data raises an error.
        precision: of training, `bf16` or `fp32`, as the driver resolved it.
        evaluation: what to measure: the values of an `Evaluation`, which is made where plug-ins are loaded.
        root: directory of the study's records.
        data_root: folder that is searched for data sets.
        device: `cpu`, `cuda`, ...
        hours: limit for training and for each evaluator; None for a multiple of their estimate.
        resources: what the scheduler reserves; with a part of a GPU, the job takes no more of its memory.
        tried: parts of a GPU that were too small for it.
        pictures: whether pictures of attacked images are stored.
        plugins: modules that are imported before anything of theirs is looked up.
        evaluators: that the driver knows and the study asks for; a worker that does not know one raises an error.
        folder: in which relative paths of given weights and modules start: the working directory of the driver.
        given: what the files that the user brings held when the run started; see `Identity.given`.
        remote: where the study is, if it is at a URL; then `root` is the driver's.
    """

    kind: Kind
    spec: ModelSpec
    identity: str
    precision: str
    evaluation: Mapping[str, Any]
    root: Path
    data_root: Path | None = None
    device: str = "cpu"
    hours: float | None = None
    resources: Resources = field(default_factory=Resources)
    tried: tuple[float, ...] = ()
    pictures: bool = False
    plugins: tuple[str, ...] = ()
    evaluators: tuple[str, ...] = ()
    folder: Path | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    remote: RemoteStudy | None = None

    @property
    def can_grow(self) -> bool:
        """Whether it has a part of a GPU, of which there is more."""
        return 0 < self.resources.gpus < 1

    @property
    def name(self) -> str:
        """Unique within a run."""
        return job_name(self.kind, self.spec)

    def run(self, report: Report) -> None:
        """Do what is missing and store it.

        Raises:
            Busy: another run is working on the same network; nothing was done, and this is not a failure.
            OutOfGpuMemory: the job's part of a GPU is too small; stored as a failure too.
            Exception: any other error; the failure has already been stored.
        """
        store = self.store()
        report = telling(report, told_file(store.root, self.identity), self.kind, store.elsewhere.changed)
        share = held_to(self.resources.gpus, torch.device(self.device))
        with self.stored_failure(store), single_threaded(), share, relative_to(self.folder):
            if is_joint(self.kind, self.spec):
                raise StoreError(f"{self.spec.label}: {self.spec.processes} processes train it under Ray only")
            self._run(store, report)

    def store(self) -> Store:
        """The study's store on this machine."""
        return store_at(self.root, self.remote, whole=True)

    @contextmanager
    def stored_failure(self, store: Store) -> Iterator[None]:
        """Store the error of the block, or forget the last one if it succeeds.

        What is no failure of the job, a busy network or a lost peer, is raised only.
        """
        try:
            yield
        except (Busy, PeerLost):
            raise
        except torch.OutOfMemoryError as error:
            short = OutOfGpuMemory([*self.tried, self.resources.gpus], error)
            self._write_failure(store, short)
            raise short from error
        except Exception as error:
            self._write_failure(store, error)
            raise
        failure = store.failure(self.spec)
        if failure and failure["job"] == self.kind:
            store.forget_failure(self.spec)

    def _write_failure(self, store: Store, error: Exception) -> None:
        message = " ".join(f"{type(error).__name__}: {error}".split())
        try:
            store.write_failure(self.spec, self.kind, message, traceback.format_exc())
        except (RemoteError, StoreError) as lost:  # the store may be what failed: the first error is the one to raise
            error.add_note(f"This failure was not published: {lost}")

    def identified(self) -> tuple[Dataset, Identity, Evaluation]:
        """The data, what is made of them on this worker, and what is measured.

        Raises:
            StoreError: that is not what the process that started the run expects.
        """
        load_travelled(self.plugins)
        evaluation = self._checked_evaluation()
        dataset = load_dataset(self.spec.dataset, self.data_root)
        identity = identify(self.spec, dataset, torch.device(self.device), self.precision, self.given)
        if identity.name != self.identity:
            raise StoreError(
                f"{self.spec.label}: this worker would make {identity.name}, not {self.identity}: its data or its code "
                "are not those of the process that started the run"
            )
        return dataset, identity, evaluation

    def _run(self, store: Store, report: Report) -> None:
        started = perf_counter()
        dataset, identity, evaluation = self.identified()

        def on_wait() -> None:
            report(Progress(step=MACHINE_WAIT))

        with claim(store.claim_file(identity)):
            claimed = perf_counter()
            with hold_machine(alone=self.kind == "time", on_wait=on_wait):
                waiting = perf_counter() - claimed
                store.fetch(identity)
                for line in store.put_aside_damaged(identity):
                    report(Progress(step=line))
                done = self._do(store, identity, dataset, evaluation, report)
            if done is not None:
                record, seconds = done  # of a training that was continued, more than this job's
                record.add_overhead(waiting=waiting, other=max(0.0, perf_counter() - started - waiting - seconds))
                store.elsewhere.changed(record.path)

    def _checked_evaluation(self) -> Evaluation:
        """What to measure, of the evaluators that are known here.

        Raises:
            StoreError: one that the driver knows is not.
        """
        unknown = [name for name in self.evaluators if name not in EVALUATORS]
        if unknown:
            raise StoreError(
                f"{self.spec.label}: this worker has no evaluator {', '.join(unknown)}; install its package on the "
                "worker's machine, or name it with --plugin, by which its source travels"
            )
        return Evaluation.model_validate(dict(self.evaluation))

    def _do(
        self, store: Store, identity: Identity, dataset: Dataset, evaluation: Evaluation, report: Report
    ) -> tuple[Record, float] | None:
        """Do what is missing; the record, and the seconds of training and evaluators. None if nothing was missing."""
        seconds = 0.0
        record = store.record(identity)
        if self.kind == "train" and self.lacks_weights(record, dataset, evaluation):
            make = self._take if self.spec.weights else self.train
            record = make(store, identity, dataset, report)
            seconds += record.config["seconds"]
        if record is None:
            raise StoreError(f"{self.spec.label} is not trained: its training failed, or its record was removed")
        alone = self.kind == "time"
        todo = missing_tables(record, dataset, evaluation, alone=alone, pictures=self.pictures)
        if not todo:
            return (record, seconds) if seconds else None
        baseline = str(zoo.baseline_of(self.spec.selector, task_of(dataset.info)))
        if record.config["baseline"]["network"] != baseline:
            record.rewrite_config(baseline=baseline_facts(self.spec, dataset))
            store.elsewhere.changed(record.path)
        trained = load_network(record, dataset, torch.device(self.device))
        for chosen in todo:
            report(Progress(step=chosen.name))
            seconds += self._measure(record, chosen, evaluation, trained, report)
            store.elsewhere.changed(record.path)
        return record, seconds

    def _measure(
        self, record: Record, chosen: Evaluator, evaluation: Evaluation, trained: TrainedNetwork, report: Report
    ) -> float:
        """Make and store a table; the seconds that making it took."""

        def on_part(part: Doing) -> None:
            report(Progress(step=chosen.name, doing=part))

        environment, started = describe_environment(), perf_counter()
        options = chosen.configured(evaluation)
        budget = getattr(options, "seconds", 0.0) * len(getattr(options, "batch_sizes", ()))
        kept: list[pd.DataFrame] | None = [] if self.pictures and chosen.pictures else None
        with self._limited(budget, f"{chosen.name} of {self.spec.label}"), told_to(on_part):
            table = measure(chosen, replace(trained, pictures=kept), options)
        seconds = round(perf_counter() - started, 3)
        made_by = {
            "version": version(chosen, evaluation, record.spec, trained.dataset.info),
            "seconds": seconds,
            "environment": environment,
        }
        if kept is not None:
            record.write_table(pictures_of(chosen.name), joined_pictures(kept), {"version": made_by["version"]})
        elif record.has(pictures_of(chosen.name)):
            record.remove_table(pictures_of(chosen.name))  # of the table that is replaced
        record.write_table(chosen.name, table, made_by)
        return seconds

    def _limited(self, estimate: float, what: str) -> deadline:
        """A limit for work that is estimated to take `estimate` seconds on a quiet machine."""
        return deadline(max(MIN_LIMIT, LIMIT_FACTOR * estimate) if self.hours is None else 3600 * self.hours, what)

    def lacks_weights(self, record: Record | None, dataset: Dataset, evaluation: Evaluation) -> bool:
        """Whether the network has to be trained for what is to be measured."""
        return record is None or needs_weights(record, dataset, evaluation, pictures=self.pictures)

    def train(
        self, store: Store, identity: Identity, dataset: Dataset, report: Report, fitting: Fitting = fit
    ) -> Record:
        """Train the network, in a time limit, and store it.

        Args:
            store: of the study.
            identity: of the network.
            dataset: to train on.
            report: of epochs, and of a damaged checkpoint.
            fitting: `benchmarks.training.fitting.fit`, or what does the same.
        """

        def on_epoch(epoch: Epoch) -> None:
            report(Progress(step="train", epoch=asdict(epoch)))

        def on_damage(line: str) -> None:
            report(Progress(step=line))

        spec = self.spec
        environment = describe_environment()
        device = torch.device(self.device)
        with self._limited(estimate_training(spec, dataset, device), f"training of {spec.label}"):
            fitted = fitting(
                spec.selector,
                dataset,
                spec.recipe.model_copy(update={"precision": identity.precision}),
                seed=spec.seed,
                device=device,
                checkpoint=FileCheckpoint(store.workspace(identity) / CHECKPOINT, on_damage, store.elsewhere.changed),
                on_epoch=on_epoch,
            )
        report(Progress(step=SETTINGS))
        config = {
            **network_facts(spec, dataset, fitted.net, fitted.settings),
            "seconds": round(float(fitted.history["seconds"].sum()), 3),
            "environment": environment,
        }
        return store.commit(identity, config, fitted.history, fitted.net.state_dict())

    def _take(self, store: Store, identity: Identity, dataset: Dataset, report: Report) -> Record:
        """Store a network whose weights are given: nothing is trained, settings are proposed as of any other."""
        report(Progress(step=SETTINGS))
        spec = self.spec
        environment = describe_environment()
        with self._limited(0, f"settings of {spec.label}"):
            net = zoo.create(spec.full_selector, task_of(dataset.info))
            if contents_of(spec) != dict(identity.given):
                raise StoreError(f"{spec.label}: its files changed while the run went on; run the study again")
            net.to(torch.device(self.device)).to(memory_format=torch.channels_last).eval()
            settings = propose_settings(net, dataset, torch.device(self.device))
        config = {
            **network_facts(spec, dataset, net, settings),
            "seconds": 0.0,
            "environment": environment,
            "origin": origin_of_given(spec, net),
        }
        return store.commit(identity, config, pd.DataFrame(columns=list(Epoch.__dataclass_fields__)), net.state_dict())


def network_facts(spec: ModelSpec, dataset: Dataset, net: RoutedNet, settings: list[Setting]) -> dict[str, Any]:
    """What a record says of a network besides its identity: enough to use it without its data set."""
    return {
        "settings": [asdict(setting) | {"values": dict(setting.values)} for setting in settings],
        "baseline": baseline_facts(spec, dataset),
        "dataset_fingerprint": dataset.fingerprint,
        "images": {name: len(getattr(dataset, name)) for name in ("train", "validation", "test")},
        "task": asdict(task_of(dataset.info)),
        "class_names": list(dataset.info.classes),
        "units": list(net.units),
    }


def baseline_facts(spec: ModelSpec, dataset: Dataset) -> dict[str, Any]:
    """A network's baseline and its size, as records store them."""
    task = task_of(dataset.info)
    baseline = zoo.baseline_of(spec.selector, task)
    size = zoo.size_of(baseline, task)
    return {"network": str(baseline), "macs": size.macs, "parameters": size.parameters}


def missing_tables(
    record: Record, dataset: Dataset, evaluation: Evaluation, *, alone: bool | None, pictures: bool = False
) -> list[Evaluator]:
    """Evaluators of a study whose table is missing, or was made by other code or inputs.

    Args:
        record: that has tables.
        dataset: of the study.
        evaluation: what the study measures.
        alone: selects those that do, or do not, need the machine alone; None selects all.
        pictures: whether a table without its pictures counts as missing.
    """

    def is_there(chosen: Evaluator) -> bool:
        pictured = not (pictures and chosen.pictures) or record.has(pictures_of(chosen.name))
        return pictured and is_current(record, chosen, evaluation, dataset.info)

    return [e for e in wanted_of(record.spec, evaluation, alone=alone) if not is_there(e)]


def wanted_of(spec: ModelSpec, evaluation: Evaluation, *, alone: bool | None) -> list[Evaluator]:
    """Evaluators of a study that measure something of a network.

    Of one without a paper, none that needs papers; of a seed after the first, none that
    `benchmarks.measuring.registry.OF_THE_FIRST_SEED` lists.
    """
    without = {"papers"} if is_given(spec.method) else set()
    found = [e for e in evaluators(alone=alone) if e.wanted(evaluation) and not without & set(e.needs)]
    return [e for e in found if not (spec.repetition and e.name in OF_THE_FIRST_SEED)]


def needs_weights(record: Record, dataset: Dataset, evaluation: Evaluation, *, pictures: bool = False) -> bool:
    """Whether measurements are missing for a record that was stored without its weights."""
    return not record.has_weights and bool(missing_tables(record, dataset, evaluation, alone=None, pictures=pictures))


@lru_cache(maxsize=1)
def load_dataset(text: str, data_root: Path | None) -> Dataset:
    """The data set of a specification; a worker that runs many jobs reads it once."""
    name, options = parse_dataset(text)
    return data.load(name, data_root=data_root, **options)
