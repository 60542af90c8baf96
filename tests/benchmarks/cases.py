"""Small studies that train in seconds, for the tests of everything that runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.data import Batch
from benchmarks.records.identity import Identity, identify
from benchmarks.records.store import Store
from benchmarks.running.campaign import Campaign, RunOptions
from benchmarks.running.jobs import Job, load_dataset
from benchmarks.running.planned import Kind
from benchmarks.running.scheduling import Event
from benchmarks.study.study import ModelSpec, Study, checked

DATASET = "mnist5k[train=512, test=100]"
METHODS = ("resnet", "adanet", "branchynet")
"""A fixed graph, gates, and early exits with two training phases."""
RECIPE: dict[str, Any] = {"epochs": 3, "batch_size": 32, "lr": 0.1, "warmup": 0.25, "precision": "fp32"}
EVALUATION: dict[str, Any] = {
    "robustness": {"samples": 60, "pgd_steps": 5, "epsilons": [0.02, 0.1], "strong": ["APGD[steps=5]"]},
    "slowdown": {"samples": 60, "steps": 5, "epsilons": [0.02, 0.1]},
    "trust": {"samples": 20, "steps": 5, "restarts": 1, "queries": 5, "noises": 2},
    "latency": {"seconds": 0.05, "batch_sizes": [1, 8], "engines": []},
    "energy": {"seconds": 0.05, "batch_sizes": [1, 8]},
    "attacked_latency": {"samples": 20, "steps": 3, "seconds": 0.05, "batch_sizes": [1, 8]},
    "fidelity": {"presets": "*18"},
    "scale": {"samples": 60, "scales": [0.5, 1.5]},
}
NOT_MEASURED: dict[str, Any] = dict.fromkeys(
    (
        *("cost", "robustness", "slowdown", "trust", "latency", "energy", "attacked_latency", "fidelity"),
        *("image_properties", "scale", "lesions", "decisions"),
    )
)
"""Evaluation options that leave accuracy, ledger, wiring, exits and inside, which are always made."""


class Unseen:
    """A split that must not be looked at."""

    labels = torch.zeros(1, dtype=torch.int64)

    def __len__(self) -> int:
        raise AssertionError("a split was looked at")

    def take(self, count: int) -> Unseen:
        raise AssertionError("a split was looked at")

    def batches(self, *arguments: Any, **options: Any) -> Iterator[Batch]:
        raise AssertionError("a split was looked at")


def small_study(
    *methods: str, recipe: dict[str, Any] | None = None, evaluation: dict[str, Any] | None = None, **fields: Any
) -> Study:
    """A study of 512 digits; `recipe` and `evaluation` replace single options."""
    values = {
        "name": "small",
        "dataset": DATASET,
        "methods": methods or ("resnet",),
        "static_curve": (),
        "recipe": RECIPE | (recipe or {}),
        "evaluation": EVALUATION | (evaluation or {}),
    }
    return checked(Study, values | fields, "the test's study")


def small_campaign(results: Path, study: Study) -> Campaign:
    """That study on this machine's CPU."""
    return Campaign(study, RunOptions(results=results))


def models(study: Study) -> list[ModelSpec]:
    """The networks of a study at the scale of its digits."""
    return study.models("tiny")


def identity_of(spec: ModelSpec) -> Identity:
    """What a network would be if it were trained now, on this machine's CPU."""
    return identify(spec, load_dataset(spec.dataset, None), torch.device("cpu"))


def job(root: Path, study: Study, kind: Kind = "train") -> Job:
    """The job of a study's only network, keeping its records under `root`."""
    (spec,) = models(study)
    return job_of(spec, study, root, kind)


def job_of(spec: ModelSpec, study: Study, root: Path, kind: Kind = "train", device: str = "cpu") -> Job:
    """The job of one of a study's networks, keeping its records under `root`."""
    identity = identify(spec, load_dataset(spec.dataset, None), torch.device(device))
    return Job(
        kind=kind,
        spec=spec,
        identity=identity.name,
        precision=identity.precision,
        evaluation=study.evaluation.model_dump(mode="json"),
        root=root,
        device=device,
    )


def ignore(event: object) -> None:
    """Neither events nor progress matter here."""


def digests(store: Store) -> dict[str, str]:
    """Digest of the weights of every record, by label."""
    return {record.spec.label: record.config["weights"] for record in store.records()}


def kinds(events: Sequence[Event], name: str) -> list[str]:
    """What happened to a job, in order, without its signs of life."""
    return [event.kind for event in events if event.job == name and event.kind != "progress"]
