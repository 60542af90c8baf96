"""Which network of a study attacks which, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch

from benchmarks.cli.console import Grid
from benchmarks.exporting.choice import label_of
from benchmarks.records.files import StoreError
from benchmarks.records.record import Record
from benchmarks.records.store import Store
from benchmarks.running.campaign import shown_records
from benchmarks.running.jobs import load_dataset
from benchmarks.transferring.transfer import NOBODY, TransferOptions, baselines, transfers
from zoo.registry import is_registered


@dataclass(frozen=True, kw_only=True)
class Transferred:
    """What images that were made for other networks did.

    Attributes:
        table: see `benchmarks.transferring.transfer.transfers`; every network is also attacked itself.
        sources: of every network the one that images were made for, by label.
        without: labels of networks whose baseline is not in the study.
    """

    table: pd.DataFrame
    sources: Mapping[str, str]
    without: tuple[str, ...]

    def accuracy(self, source: str, target: str) -> float:
        """Share of the images that were made for one network that another one answers rightly."""
        rows = self.table[(self.table["source"] == source) & (self.table["target"] == target)]
        return float((rows["label"] == rows["prediction"]).mean())

    def grid(self) -> Grid:
        """A row per network."""
        headers = ["accuracy, clean", "its own images", "the other's images", "the other on them"]
        rows = [
            (
                target,
                source,
                *(
                    f"{self.accuracy(*pair):.1%}"
                    for pair in ((NOBODY, target), (target, target), (source, target), (source, source))
                ),
            )
            for target, source in self.sources.items()
        ]
        return Grid(("network", "images made for"), headers, rows)

    def remarks(self) -> list[str]:
        """What was measured, and whose own attack is too weak."""
        images = self.table["index"].nunique()
        lines = [f"{images} images at epsilon {self.table['epsilon'].max():.4g}, as deployed at the headline setting."]
        weak = [
            target
            for target, source in self.sources.items()
            if self.accuracy(source, target) < self.accuracy(target, target)
        ]
        if weak:
            lines.append(
                f"Fooled more often by the other's images, so that its own attack is too weak: {', '.join(weak)}"
            )
        if self.without:
            lines.append(f"Left out, because the baseline is not in the study: {', '.join(self.without)}")
        return lines


def transfer_of(
    root: Path, source: str | None, options: TransferOptions, *, data_root: Path | None, device: torch.device
) -> Transferred:
    """Attack the baseline of every network of a study, or one network for all, and every network itself.

    Args:
        root: directory of the study.
        source: a network by name; None for each network's baseline.
        options: of the attack.
        data_root: folder that is searched for data sets.
        device: where to run.

    Raises:
        StoreError: something is missing or damaged, or no network can be attacked.
        ChoiceError: no network has that name, or several have.
        DataMissing: the data are missing.
    """
    store = Store(root)
    study = store.read_study()
    every = shown_records(store, study)
    records = {  # of a plug-in that is not here, no network can be made
        label: record for label, record in every.items() if record.has_weights and is_registered(record.spec.method)
    }
    if not records:
        raise StoreError(f"{root} has no trained network with its weights: run the study again")
    sources = baselines(records) if source is None else _one_for_all(source, records)
    if not sources:
        raise StoreError(f"{root} has no network together with its baseline; --source names another one")
    without = () if source else tuple(label for label in records if label not in {*sources, *sources.values()})
    table = transfers(records, sources, load_dataset(study.dataset, data_root), options, device)
    return Transferred(table=table, sources=sources, without=without)


def _one_for_all(name: str, records: Mapping[str, Record]) -> dict[str, str]:
    """Every network but one, each with that one."""
    chosen = label_of(name, [record.spec for record in records.values()])
    return {label: chosen for label in records if label != chosen}
