"""What is exported: a trained network at one of its settings, with the data that it is checked on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import Dataset
from benchmarks.exporting.choice import choose_network, choose_setting
from benchmarks.exporting.expected import Images
from benchmarks.records.files import StoreError
from benchmarks.records.record import Record
from benchmarks.running.jobs import load_dataset
from benchmarks.study.study import ModelSpec
from benchmarks.training.tasks import task_of
from zoo import RoutedNet, create
from zoo.network import Setting


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A trained network at one of its settings.

    Attributes:
        study: name of its directory.
        spec: as the study asks for it.
        record: of the network.
        dataset: that it was trained on.
        setting: to export.
        net: on the CPU, in evaluation mode, at the setting.
    """

    study: str
    spec: ModelSpec
    record: Record
    dataset: Dataset
    setting: Setting
    net: RoutedNet

    def images(self, most: int) -> Images:
        """The first test images, which represent all."""
        split = self.dataset.test.take(most)
        return np.concatenate([batch.images.numpy() for batch in split.batches(250)])

    def accuracy(self) -> dict[str, Any] | None:
        """Share of the test images that were classified rightly at the setting, and their number; None: not measured.

        Raises:
            StoreError: the table is damaged.
        """
        if not self.record.has("accuracy"):
            return None
        rows = self.record.table("accuracy")
        rows = rows[rows["setting"] == self.setting.name]
        return {"test": round(float((rows["label"] == rows["prediction"]).mean()), 6), "images": len(rows)}


def subject_of(root: Path, network: str, setting: str | None, data_root: Path | None) -> Subject:
    """A network of a study by name, read from its record.

    Args:
        root: directory of the study.
        network: see `benchmarks.exporting.choice.choose_network`.
        setting: name; None for the headline setting.
        data_root: folder that is searched for data sets.

    Raises:
        StoreError: something is missing or damaged, or the weights are of another version of the network.
        ChoiceError: no network or setting has that name, or several have.
        DataMissing: the data are missing.
    """
    spec, record = choose_network(root, network)
    chosen = choose_setting(record, setting)
    weights = record.weights()
    dataset = load_dataset(spec.dataset, data_root)
    net = create(spec.selector, task_of(dataset.info))
    try:
        net.load_state_dict(weights)
    except RuntimeError as error:
        raise StoreError(f"{spec.label} has changed since it was trained: run the study again ({error})") from error
    net.eval().requires_grad_(False).use(chosen)
    return Subject(study=root.resolve().name, spec=spec, record=record, dataset=dataset, setting=chosen, net=net)
