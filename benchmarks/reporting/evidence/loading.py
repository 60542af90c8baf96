"""From a study's directory to the evidence of a report: everything is read here, and only here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

import zoo
from benchmarks.measuring import Evaluator, evaluators
from benchmarks.records.derived import RATES, SUMMARY, derived
from benchmarks.records.record import Record
from benchmarks.records.store import Store
from benchmarks.records.summary import joined
from benchmarks.reporting.drawing.formatting import unit_for
from benchmarks.reporting.drawing.style import style_of
from benchmarks.reporting.evidence import attacks
from benchmarks.reporting.evidence.evidence import Entry, Evidence, Model
from benchmarks.reporting.evidence.methods import method_facts
from benchmarks.reporting.evidence.points import batch_sizes, completed, points
from benchmarks.reporting.evidence.records import (
    belongs,
    known_models,
    one_line,
    places,
    read_environment,
    read_study,
    shown,
)
from benchmarks.study.study import ModelSpec, Study


def load(results_dir: Path) -> Evidence:
    """Read a study's directory.

    Raises:
        StoreError: it is missing or damaged; the message is one line that names the file.
    """
    store = Store(results_dir)
    study = read_study(store)
    environment = read_environment(store)
    with one_line(store.root / "failures"):
        failures = [Failure(values) for values in store.failures()]
    found = shown(store, study)
    records = {label: record for label, (_, record) in found.items()}
    groups: dict[str, list[Model]] = defaultdict(list)
    for spec, record in found.values():
        with one_line(record.path):
            model = _read(spec, record, study, failures)
            groups[entry_label(model.spec)].append(model)
    with one_line(store.root / "models"):
        labels = {model.spec.label: label for label, models in groups.items() for model in models}
        rows = {label: derived(record, SUMMARY) for label, record in records.items()}
        table = points(completed(joined(rows)), labels)
        attacked = attacks.rates({label: _rates(models) for label, models in groups.items()})
    asked = {spec.key: spec for spec in known_models(study)}
    lost = {
        entry_label(asked.get(f.spec.key, f.spec)): f
        for f in failures
        if f.spec.key in asked or (f.spec.method not in zoo.list_methods() and belongs(f.spec, study))
    }
    entries = _entries(groups, {label: f for label, f in lost.items() if label not in groups})
    return Evidence(
        store=store,
        study=study,
        environment=environment,
        made=places(records),
        entries=tuple(entry for entry in entries if entry.models),
        failed=tuple(entry for entry in entries if not entry.models),
        failures=tuple(failure.values for failure in failures),
        points=table,
        attacks=attacked,
        batch_sizes=tuple(batch_sizes(table)),
        unit=unit_for(table["nominal"]),
    )


def entry_label(spec: ModelSpec) -> str:
    """The label of a network whatever the seed."""
    return spec.model_copy(update={"repetition": 0}).label


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


def _read(spec: ModelSpec, record: Record, study: Study, failures: Sequence[Failure]) -> Model:
    lost = {failure.job: failure.reason for failure in failures if failure.spec.key == spec.key}
    return Model(
        record=record,
        spec=spec,
        config=record.config,
        settings=tuple(record.settings),
        tables=_Tables(record),
        reasons={e.name: _reason(e, study, lost) for e in evaluators() if not record.has(e.name)},
    )


def _reason(evaluator: Evaluator, study: Study, lost: Mapping[str, str]) -> str:
    if not evaluator.wanted(study.evaluation):
        return "switched off"
    return lost.get("time" if evaluator.alone else "train", "not measured")


def _rates(models: Sequence[Model]) -> list[pd.DataFrame]:
    return [derived(model.record, RATES) for model in models if "robustness" in model.tables]


class _Tables(Mapping[str, pd.DataFrame]):
    """A record's tables by evaluator, each read when it is asked for."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._names = [e.name for e in evaluators() if record.has(e.name)]

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._names:
            raise KeyError(name)
        return self._record.table(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _entries(groups: Mapping[str, list[Model]], lost: Mapping[str, Failure]) -> list[Entry]:
    methods = {label: models[0].spec.method for label, models in groups.items()}
    methods |= {label: failure.spec.method for label, failure in lost.items()}
    facts = {label: method_facts(method) for label, method in methods.items()}
    titles = [f.title for f in facts.values()]
    unregistered = sorted(set(methods.values()) - set(zoo.list_methods()))
    variants: dict[str, int] = defaultdict(int)
    entries = []
    for number, (label, method) in enumerate(methods.items(), 1):
        title = facts[label].title
        entries.append(
            Entry(
                label=label,
                name=title if titles.count(title) == 1 else f"{title} {label.removeprefix(method)}".strip(),
                slug=f"net{number}",
                facts=facts[label],
                style=style_of(method, variants[method], unregistered),
                models=tuple(sorted(groups.get(label, []), key=lambda model: model.spec.repetition)),
                failure=lost[label].reason if label in lost else "",
            )
        )
        variants[method] += 1
    return entries
