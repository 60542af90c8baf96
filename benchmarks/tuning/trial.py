"""A trial: train one candidate, and keep what validation says of it after every epoch."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.data import Dataset
from benchmarks.plugins.travelling import load_travelled
from benchmarks.records.checkpoint import FileCheckpoint
from benchmarks.records.claims import claim, hold_machine
from benchmarks.records.files import StoreError, read_json, write_json
from benchmarks.records.identity import identify
from benchmarks.running.deadline import deadline
from benchmarks.running.jobs import load_dataset
from benchmarks.study.study import ModelSpec
from benchmarks.training.fitting import fit
from benchmarks.training.loop import EVALUATION_BATCH, Epoch, TrainingDiverged
from zoo.network import RoutedNet, route_macs
from zoo.sizing.unit_costs import evaluating, measure_ledger

DIVERGED = "diverged"
"""State of a trial whose loss was no longer finite; it is never chosen, and never run again."""
WORST = 0.0
"""What a scheduler is told of such a trial."""
Report = Callable[[float], None]
"""Takes the validation accuracy of an epoch; a scheduler may end the trial there."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One candidate's training. It can be pickled, and run again: it goes on from its checkpoint.

    Attributes:
        network: label of the network that is tuned.
        number: of the trial, from 0.
        spec: the candidate.
        identity: name of a record that it would have; other code, data, precision or recipe is another trial.
        precision: of training, as the driver resolved it.
        folder: `tuning/` of the study.
        data_root: folder that is searched for data sets.
        device: of training.
        hours: limit of the trial; None for none.
        plugins: modules that are imported before anything of theirs is looked up.
    """

    network: str
    number: int
    spec: ModelSpec
    identity: str
    precision: str
    folder: Path
    data_root: Path | None
    device: str
    hours: float | None
    plugins: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """File of the result; it is there once the trial has ended."""
        return self.folder / "trials" / f"{self.identity}.json"

    @property
    def _workspace(self) -> Path:
        return self.folder / "trials" / f".{self.identity}.partial"

    def _checkpoint(self) -> FileCheckpoint:
        return FileCheckpoint(self._workspace / "checkpoint.pt")

    def result(self) -> dict[str, Any] | None:
        """What the trial found, or None where it has not ended.

        Raises:
            StoreError: the file is damaged.
        """
        return read_json(self.path) if self.path.exists() else None

    def run(self, report: Report) -> None:
        """Report what is known of a trial from before, and train what is missing of it.

        A scheduler thus sees every epoch of the trials that an interrupted run has finished, and no epoch twice.

        Raises:
            Busy: another run is working on it.
            StoreError: data or code are not those of the process that started the run.
        """
        known = self.result()
        if known is not None:
            for accuracy in known["accuracies"]:
                report(accuracy)
            if known["state"] == DIVERGED:
                report(WORST)
            return
        load_travelled(self.plugins)
        dataset = load_dataset(self.spec.dataset, self.data_root)
        device = torch.device(self.device)
        if identify(self.spec, dataset, device, self.precision).name != self.identity:
            raise StoreError(f"trial {self.number} of {self.network}: this worker has other data or other code")
        lock = self.folder / ".claims" / f"{self.identity}.lock"
        with claim(lock), hold_machine(alone=False, on_wait=lambda: None):
            self._train(dataset, device, report)

    def _train(self, dataset: Dataset, device: torch.device, report: Report) -> None:
        checkpoint = self._checkpoint()
        saved = checkpoint.read()
        history: list[dict[str, Any]] = list(saved["history"]) if saved else []
        for row in history:
            report(row["validation_accuracy"])

        def on_epoch(epoch: Epoch) -> None:
            history.append({"validation_accuracy": epoch.validation_accuracy, "seconds": epoch.seconds})
            if epoch.epoch < epoch.epochs:  # the last one is reported when the result is stored
                report(epoch.validation_accuracy)

        recipe = self.spec.recipe.model_copy(update={"precision": self.precision})
        try:
            with deadline(3600 * (self.hours or 1e6), f"trial {self.number} of {self.network}"):
                fitted = fit(
                    self.spec.selector,
                    dataset,
                    recipe,
                    seed=self.spec.seed,
                    device=device,
                    checkpoint=checkpoint,
                    on_epoch=on_epoch,
                )
        except TrainingDiverged as error:
            self.store(DIVERGED, history, note=str(error))
            report(WORST)
            return
        self.store("finished", history, macs=validation_macs(fitted.net, dataset, device))
        report(history[-1]["validation_accuracy"])

    def stopped(self) -> None:
        """Store that the scheduler has ended the trial after the epochs of its checkpoint."""
        saved = self._checkpoint().read()
        if saved and not self.path.exists():
            self.store("stopped", saved["history"])

    def store(
        self, state: str, history: Sequence[dict[str, Any]], *, macs: float | None = None, note: str = ""
    ) -> None:
        """Write the result, and remove the checkpoint."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_json(
            self.path,
            {
                "network": self.network,
                "state": state,
                "accuracies": [float(row["validation_accuracy"]) for row in history],
                "seconds": round(sum(float(row["seconds"]) for row in history), 3),
                "macs": macs,
                "note": note,
                "ended": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            },
        )
        shutil.rmtree(self._workspace, ignore_errors=True)


def validation_macs(net: RoutedNet, dataset: Dataset, device: torch.device) -> float:
    """Mean multiply-accumulates per validation image that the routes ask for, as the network was trained."""
    ledger = measure_ledger(net)
    total = 0
    with evaluating(net):
        for batch in dataset.validation.batches(EVALUATION_BATCH, device=device, channels_last=True):
            route = net(batch.images, compute="needed").route.cpu()
            total += int(route_macs(route, ledger.fixed_macs, ledger.unit_macs).sum())
    return total / len(dataset.validation)
