"""What runs on a worker: train one network and measure it, or time one network alone."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import torch

import zoo
from benchmarks import data
from benchmarks.cost import evaluating, measure_ledger
from benchmarks.data import Dataset, DatasetInfo
from benchmarks.evaluators import Evaluator, Subject, evaluators, version
from benchmarks.fingerprint import fingerprint
from benchmarks.options import Evaluation
from benchmarks.seeds import derive
from benchmarks.store import Record, Store, StoreError
from benchmarks.study import ModelSpec, parse_dataset
from benchmarks.training import Epoch, train
from zoo.contract import Forward, RoutedNet, Setting, Task, Validation

Kind = Literal["train", "time"]


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What a job needs: CPUs, a fraction of a GPU, or the machine alone."""

    cpus: float = 1.0
    gpus: float = 0.0
    alone: bool = False


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A sign of life from a job: what it does now, and the epoch's figures while it trains."""

    step: str
    epoch: dict[str, Any] = field(default_factory=dict)


Report = Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One network's training and measurements, or its timing. Picklable, and safe to run again at any point.

    Attributes:
        kind: `train` (train if needed, then every evaluator that may share the machine) or `time` (the others).
        spec: the network.
        evaluation: what to measure.
        root: directory of the study's records.
        data_root: where data sets are looked for.
        device: `cpu`, `cuda`, ...
        resources: what the scheduler sets aside.
    """

    kind: Kind
    spec: ModelSpec
    evaluation: Evaluation
    root: Path
    data_root: Path | None = None
    device: str = "cpu"
    resources: Resources = Resources()

    @property
    def name(self) -> str:
        """Unique within a run."""
        return f"{self.kind} {self.spec.label}"

    def run(self, report: Report) -> None:
        """Do what is missing and store it.

        Raises:
            Exception: whatever went wrong; the failure has been recorded in the store by then.
        """
        store = Store(self.root)
        try:
            with single_threaded():
                self._run(store, report)
        except Exception as error:
            message = " ".join(f"{type(error).__name__}: {error}".split())
            store.write_failure(self.spec, self.kind, message, traceback.format_exc())
            raise
        failure = store.failure(self.spec)
        if failure and failure["job"] == self.kind:
            store.forget_failure(self.spec)

    def _run(self, store: Store, report: Report) -> None:
        dataset = load_dataset(self.spec.dataset, self.data_root)
        record = store.record(self.spec, code_of(self.spec))
        if record is None and self.kind == "time":
            raise StoreError(f"{self.spec.label} is not trained, or its code changed while the study ran; run it again")
        if record is None:
            record = self._train(store, dataset, report)
        todo = missing_tables(record, self.evaluation, alone=self.kind == "time")
        if not todo:
            return
        subject = load_subject(record, dataset, torch.device(self.device))
        for chosen in todo:
            report(Progress(step=chosen.name))
            with nullcontext() if chosen.alone else full_precision():
                table = chosen.run(subject, chosen.configured(self.evaluation))
            table.attrs = {"version": version(chosen, self.evaluation)}
            record.write_table(chosen.name, table)

    def _train(self, store: Store, dataset: Dataset, report: Report) -> Record:
        code = code_of(self.spec)
        device = torch.device(self.device)
        torch.manual_seed(derive(self.spec.seed, "weights"))
        net = build(self.spec, dataset.info)

        def on_epoch(epoch: Epoch) -> None:
            report(Progress(step="train", epoch=asdict(epoch)))

        checkpoint = store.workspace(self.spec, code) / "checkpoint.pt"
        history = train(
            net, dataset, self.spec.recipe, seed=self.spec.seed, device=device, checkpoint=checkpoint, on_epoch=on_epoch
        )
        report(Progress(step="settings"))
        settings = propose_settings(net, dataset, device)
        config = {
            "settings": [asdict(setting) | {"values": dict(setting.values)} for setting in settings],
            "dataset_fingerprint": dataset.fingerprint,
            "units": list(net.units),
            "seconds": round(float(history["seconds"].sum()), 3),
            "device": self.device,
        }
        return store.commit(self.spec, code, config, history, net.state_dict())


@contextmanager
def single_threaded() -> Iterator[None]:
    """One thread per process: two collapse on a busy machine, and only one gives the same bytes everywhere."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def full_precision() -> Iterator[None]:
    """fp32 is fp32 in convolutions: left to itself, a GPU rounds what they read to TF32's 10 bits, and routes differ.

    Timing is left to itself, since that is how networks are served.
    """
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def code_of(spec: ModelSpec) -> dict[str, str]:
    """Hashes of the source files that a trained network depends on."""
    module = zoo.method(spec.method).network.__module__
    name, _ = parse_dataset(spec.dataset)
    return fingerprint([module, "benchmarks.training", data.module_of(name)])


def missing_tables(record: Record, evaluation: Evaluation, *, alone: bool) -> list[Evaluator]:
    """Evaluators that a study wants and whose table is not there, or was made by other code or options."""
    wanted = [e for e in evaluators(alone=alone) if e.wanted(evaluation)]
    return [e for e in wanted if not has_current_table(record, e, evaluation)]


def has_current_table(record: Record, chosen: Evaluator, evaluation: Evaluation) -> bool:
    """Whether an evaluator's stored table was made by the code and options of today."""
    if not record.has(chosen.name):
        return False
    current: Mapping[str, Any] = version(chosen, evaluation)
    return bool(record.table(chosen.name).attrs.get("version") == current)


@lru_cache(maxsize=1)
def load_dataset(text: str, data_root: Path | None) -> Dataset:
    """The data set that a specification names; a worker that runs many jobs reads it once."""
    name, options = parse_dataset(text)
    return data.load(name, data_root=data_root, **options)


def task_of(info: DatasetInfo) -> Task:
    """What networks for a data set are built for."""
    return Task(shape=info.shape, classes=len(info.classes), mean=info.mean, std=info.std)


def build(spec: ModelSpec, info: DatasetInfo) -> RoutedNet:
    """The untrained network of a specification, from the current random state."""
    return zoo.create(spec.selector, task_of(info))


def load_subject(record: Record, dataset: Dataset, device: torch.device) -> Subject:
    """A trained network, ready to be measured."""
    spec = record.spec
    net = build(spec, dataset.info)
    net.load_state_dict(record.weights())
    presets = zoo.method("resnet").presets
    preset = spec.preset if spec.preset in presets else dataset.info.preset
    baseline = zoo.create(zoo.Selector("resnet", preset), task_of(dataset.info))
    for module in (net, baseline):
        module.to(device).to(memory_format=torch.channels_last).eval()
    net.use(record.settings[0])
    return Subject(
        net=net,
        settings=record.settings,
        ledger=measure_ledger(net),
        dataset=dataset,
        baseline=baseline,
        device=device,
        seed=derive(spec.seed, "evaluation"),
    )


@full_precision()
def propose_settings(net: RoutedNet, dataset: Dataset, device: torch.device) -> list[Setting]:
    """What the network proposes from its answers to the validation split."""
    ledger = measure_ledger(net)
    with evaluating(net):
        batches = dataset.validation.batches(250, device=device, channels_last=True)
        answers = [(net(batch.images, compute="all"), batch.labels) for batch in batches]
    return net.settings(
        Validation(
            labels=torch.cat([labels for _, labels in answers]).cpu(),
            forward=_joined([out for out, _ in answers]),
            fixed_macs=ledger.fixed_macs,
            unit_macs=ledger.unit_macs,
        )
    )


def _joined(parts: list[Forward]) -> Forward:
    probs = [out.gate_probs.cpu() for out in parts if out.gate_probs is not None]
    exits = zip(*(out.exit_logits for out in parts), strict=True)
    return Forward(
        logits=torch.cat([out.logits.cpu() for out in parts]),
        route=torch.cat([out.route.cpu() for out in parts]),
        exit_logits=tuple(torch.cat([logits.cpu() for logits in column]) for column in exits),
        gate_probs=torch.cat(probs) if probs else None,
    )
