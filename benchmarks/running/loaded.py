"""Networks of records, ready to be measured."""

from __future__ import annotations

from dataclasses import replace

import torch

from benchmarks.data import Dataset
from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.preparation import prepare
from benchmarks.records.record import Record
from benchmarks.training.tasks import task_of
from zoo.network import RoutedNet, Task


def load_network(record: Record, dataset: Dataset, device: torch.device) -> TrainedNetwork:
    """A record's network, ready to be measured.

    Raises:
        StoreError: the record is damaged or has no weights.
    """
    name = record.config["baseline"]["network"]
    trained = prepare(
        record.spec.selector,
        record.weights(),
        record.settings,
        baseline=name,
        dataset=dataset,
        device=device,
        seed=record.spec.seed,
    )
    key = name, task_of(dataset.info), str(device)
    return replace(trained, baseline=_BASELINES.setdefault(key, trained.baseline))


_BASELINES: dict[tuple[str, Task, str], RoutedNet] = {}
"""The untrained baselines of a worker: engines that were prepared for one, in seconds, serve its next networks too."""
