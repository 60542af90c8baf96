"""A study as a comparison reads it: the evidence of its page, and every record by network and seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.records.record import Record
from benchmarks.records.store import Store
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.loading import load
from benchmarks.reporting.evidence.records import network_label, shown
from benchmarks.study.study import ModelSpec, Study


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainedSeed:
    """One seed of a network.

    Attributes:
        spec: what was asked for.
        record: what was made.
    """

    spec: ModelSpec
    record: Record


@dataclass(frozen=True, kw_only=True, eq=False)
class StoredStudy:
    """A study and its records.

    Attributes:
        name: for readers, unlike that of the study it is compared with.
        study: what was asked for.
        evidence: what its page is built from.
        networks: the seeds of every network by its label, the first seed first.
    """

    name: str
    study: Study
    evidence: Evidence
    networks: Mapping[str, tuple[TrainedSeed, ...]]

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """The names of networks for readers, by label."""
        return {network.label: network.name for network in self.evidence.networks}


def open_study(root: Path, name: str) -> StoredStudy:
    """Read a study's directory.

    Args:
        root: of the study.
        name: for readers.

    Raises:
        StoreError: it is missing or damaged; the message is one line.
    """
    evidence = load(root)
    store = Store(root)
    study = store.read_study()
    networks: dict[str, list[TrainedSeed]] = {}
    found = sorted(shown(store, study).values(), key=lambda pair: pair[0].repetition)
    for spec, record in found:
        networks.setdefault(network_label(spec), []).append(TrainedSeed(spec=spec, record=record))
    ordered = {network.label: tuple(networks[network.label]) for network in evidence.networks}
    return StoredStudy(name=name, study=study, evidence=evidence, networks=ordered)
