"""The studies that a page is made of, as they are read, and how their networks are brought together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.records.facts import HARMLESS, TRAINING, Fact, facts, tables_of
from benchmarks.records.files import StoreError
from benchmarks.records.record import Record
from benchmarks.records.store import Store
from benchmarks.reporting.evidence.records import network_label, one_line, read_environment, shown
from benchmarks.study.study import ModelSpec, Study


class Failure:
    """A failed job, checked.

    Attributes:
        values: as the store wrote them.
        spec: of the network.

    Raises:
        KeyError: a field is missing.
        ValueError: the specification is not valid.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.spec = ModelSpec.model_validate(values["spec"])
        self.job, self.reason = str(values["job"]), f"failed: {values['error']}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """A study that has been read.

    Attributes:
        name: of its directory, for readers; unique among the studies of a page.
        root: its directory.
        study: what was asked for.
        last_run: the environment of the last run; empty where that is unknown.
        failures: failed jobs.
        found: the records that belong to it, by label, with what it asks for.
    """

    name: str
    root: Path
    study: Study
    last_run: Mapping[str, Any]
    failures: tuple[Failure, ...]
    found: Mapping[str, tuple[ModelSpec, Record]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Seed:
    """A trained model on a page.

    Attributes:
        network: label of its network, unique on the page.
        label: its own label, unique on the page.
        repetition: its place among the network's seeds, from 0.
        spec: what its study asks for.
        record: what was made.
        source: its study.
    """

    network: str
    label: str
    repetition: int
    spec: ModelSpec
    record: Record
    source: Source


def read_sources(roots: Sequence[Path]) -> list[Source]:
    """Read the directories of studies.

    Raises:
        StoreError: one is missing or damaged, or two were made on different data.
    """
    sources = [_read(root, name) for root, name in zip(roots, short_names(roots), strict=True)]
    data = {str(record.config["data"]): source.name for source in sources for _, record in source.found.values()}
    if len(data) > 1:
        named = ", ".join(f"{name} on {mark}" for mark, name in data.items())
        raise StoreError(f"studies of different data cannot share a page: {named}")
    return sources


def _read(root: Path, name: str) -> Source:
    store = Store(root)
    study = store.read_study()
    last_run = read_environment(store)
    with one_line(store.root / "failures"):
        failures = tuple(Failure(values) for values in store.failures())
    found = shown(store, study)
    return Source(name=name, root=root, study=study, last_run=last_run, failures=failures, found=found)


def short_names(roots: Sequence[Path]) -> list[str]:
    """Names for some directories: the last parts of their paths, as few as tell them apart.

    Raises:
        StoreError: two are the same directory.
    """
    resolved = [root.resolve() for root in roots]
    for number, root in enumerate(resolved):
        if root in resolved[:number]:
            raise StoreError(f"{roots[number]} is given twice")
    length = 1
    while len({path.parts[-length:] for path in resolved}) < len(resolved):
        length += 1
    return ["/".join(part for part in path.parts[-length:] if part != path.anchor) for path in resolved]


def arrange(sources: Sequence[Source]) -> list[Seed]:
    """The models of a page, each with the network that it is a seed of, networks of the same label one after another.

    Networks of the same label in several studies are one network, with the seeds of all, if nothing but the seed
    differs: no part of the specification, data, code, options, versions or machine. Otherwise the name of the study
    tells them apart.
    """
    labels = dict.fromkeys(network_label(spec) for source in sources for spec, _ in source.found.values())
    return [seed for label in labels for seed in _arranged(label, sources)]


def _arranged(label: str, sources: Sequence[Source]) -> Iterator[Seed]:
    groups = _alike(label, sources)
    for group in groups:
        network = label if len(groups) == 1 else f"{label} ({', '.join(source.name for source in group)})"
        own = [(source, spec, record) for source in group for spec, record in _seeds(label, source)]
        for place, (source, spec, record) in enumerate(own):
            repetition = spec.repetition if len(group) == 1 else place
            number = f" #{repetition + 1}" if repetition else ""
            yield Seed(
                network=network,
                label=f"{network}{number}",
                repetition=repetition,
                spec=spec,
                record=record,
                source=source,
            )


def _seeds(label: str, source: Source) -> list[tuple[ModelSpec, Record]]:
    """A study's seeds of a network, the first seed first."""
    own = [found for found in source.found.values() if network_label(found[0]) == label]
    return sorted(own, key=lambda found: found[0].repetition)


def _alike(label: str, sources: Sequence[Source]) -> list[list[Source]]:
    """The studies that have a network, those together that differ in its seeds alone."""
    groups: list[list[Source]] = []
    for source in sources:
        if not _seeds(label, source):
            continue
        joined = next((group for group in groups if _differ_in_seeds_alone(label, group, source)), None)
        if joined is None:
            groups.append([source])
        else:
            joined.append(source)
    return groups


def _differ_in_seeds_alone(label: str, group: Sequence[Source], other: Source) -> bool:
    taken = {spec.seed for source in group for spec, _ in _seeds(label, source)}
    own = {spec.seed for spec, _ in _seeds(label, other)}
    return not taken & own and _made_of(label, group[0]) == _made_of(label, other)


def _made_of(label: str, source: Source) -> set[tuple[str, Fact, str]]:
    """Everything that a study's seeds of a network were made of, but the seeds."""
    found = set()
    for _, record in _seeds(label, source):
        with one_line(record.path):
            for made in (TRAINING, *tables_of(record)):
                found |= {(made, fact, value) for fact, value in facts(record, made).items()}
    return {(made, fact, value) for made, fact, value in found if fact[0] != "seed" and fact not in HARMLESS}
