"""From a study's directory to the evidence of a report: everything is read here, once, and only here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import zoo
from benchmarks.measuring import Evaluator, evaluators
from benchmarks.measuring.robustness import RobustnessOptions
from benchmarks.records.derived import RATES, SUMMARY, derived
from benchmarks.records.record import Record
from benchmarks.records.store import Store
from benchmarks.records.summary import joined
from benchmarks.reporting.evidence.environments import environments, timed_in
from benchmarks.reporting.evidence.evidence import (
    Baseline,
    Evidence,
    NetworkEvidence,
    StudyEvidence,
    TrainedModel,
    Tuning,
)
from benchmarks.reporting.evidence.methods import dataset_name, dataset_title, describe_methods
from benchmarks.reporting.evidence.records import (
    belongs,
    known_models,
    network_label,
    one_line,
    read_environment,
    read_study,
    shown,
)
from benchmarks.reporting.evidence.robustness import robustness_results
from benchmarks.reporting.evidence.setting_results import batch_sizes, completed, setting_results
from benchmarks.reporting.evidence.staleness import stale, untrained
from benchmarks.reporting.formatting import unit_for
from benchmarks.study.study import ModelSpec, Study
from benchmarks.tuning.files import FOLDER as TUNING
from benchmarks.tuning.files import read_summary, read_trials


def load(results_dir: Path) -> Evidence:
    """Read a study's directory.

    Raises:
        StoreError: it is missing or damaged; the message is one line that names the file.
    """
    store = Store(results_dir)
    study = read_study(store)
    last_run = read_environment(store)
    with one_line(store.root / "failures"):
        failures = [Failure(values) for values in store.failures()]
    found = shown(store, study)
    records = {label: record for label, (_, record) in found.items()}
    groups = _groups(found, study, failures)
    with one_line(store.root / "models"):
        rows = {label: derived(record, SUMMARY) for label, record in records.items()}
        network_of = {spec.label: network_label(spec) for spec, _ in found.values()}
        results = setting_results(completed(joined(rows)), network_of)
        robustness = robustness_results(_attack_rates(found))
    lost = {label: failure for label, failure in _lost(failures, study).items() if label not in groups}
    networks = _networks(groups, lost)
    return Evidence(
        study=_study(study),
        last_run=last_run,
        environments=environments(records),
        networks=tuple(network for network in networks if network.models),
        failed=tuple(network for network in networks if not network.models),
        untrained=untrained(study, [network.label for network in networks]),
        failures=tuple(failure.values for failure in failures),
        results=results,
        robustness=robustness,
        batch_sizes=tuple(batch_sizes(results)),
        unit=unit_for(results["nominal"]),
        tuning=_tuning(store.root),
    )


def _tuning(root: Path) -> Tuning | None:
    summary = read_summary(root)
    if summary is None:
        return None
    with one_line(root / TUNING):
        return Tuning(
            trials=int(summary["trials"]),
            epochs=int(summary["epochs"]),
            networks=dict(summary["networks"]),
            trials_table=read_trials(root),
        )


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


@dataclass(frozen=True)
class Group:
    """The models of one network, and the name of its method."""

    method: str
    models: list[TrainedModel]


def _study(study: Study) -> StudyEvidence:
    attacked = study.evaluation.options_as("robustness", RobustnessOptions) or RobustnessOptions()
    return StudyEvidence(
        name=study.name,
        title=study.title,
        dataset=dataset_name(study.dataset),
        dataset_title=dataset_title(study.dataset),
        recipe=study.recipe,
        published_recipes=study.published_recipes,
        repetitions=study.repetitions,
        attacks=tuple(sentence for attack in attacked.chosen() if (sentence := attack.sentence())),
        configuration=study.model_dump(mode="json"),
    )


def _groups(
    found: Mapping[str, tuple[ModelSpec, Record]], study: Study, failures: Sequence[Failure]
) -> dict[str, Group]:
    """Models by the label of their network, the first seed first."""
    groups: dict[str, Group] = {}
    seen: dict[str, set[str]] = defaultdict(set)
    for spec, record in sorted(found.values(), key=lambda pair: pair[0].repetition):
        with one_line(record.path):
            label = network_label(spec)
            wanted = [e.name for e in evaluators() if record.has(e.name) and e.name not in seen[label]]
            seen[label] |= set(wanted)
            tables = {name: record.table(name) for name in wanted}
            model = _model(spec, record, study, tables=tables, reasons=_reasons(spec, record, study, failures))
            groups.setdefault(label, Group(spec.method, [])).models.append(model)
    return {label: groups[label] for label in dict.fromkeys(network_label(spec) for spec, _ in found.values())}


def _model(
    spec: ModelSpec,
    record: Record,
    study: Study,
    *,
    tables: Mapping[str, pd.DataFrame],
    reasons: Mapping[str, str],
) -> TrainedModel:
    config = record.config
    return TrainedModel(
        record=record.path.name,
        selector=str(spec.selector),
        preset=spec.preset,
        parameters=spec.parameters,
        repetition=spec.repetition,
        recipe=spec.recipe,
        specification=config["spec"],
        units=tuple(config["units"]),
        baseline=Baseline(**config["baseline"]),
        settings=tuple(record.settings),
        precision=config["precision"],
        device=config["device"],
        seconds=float(config["seconds"]),
        data=config.get("dataset_fingerprint", "unknown"),
        history=record.history(),
        measurements=tables,
        reasons=reasons,
        timed_in=timed_in(record),
        stale=stale(record, study),
    )


def _reasons(spec: ModelSpec, record: Record, study: Study, failures: Sequence[Failure]) -> dict[str, str]:
    lost = {failure.job: failure.reason for failure in failures if failure.spec.key == spec.key}
    return {e.name: _reason(e, study, lost) for e in evaluators() if not record.has(e.name)}


def _reason(evaluator: Evaluator, study: Study, lost: Mapping[str, str]) -> str:
    if not evaluator.wanted(study.evaluation):
        return "switched off"
    return lost.get("time" if evaluator.alone else "train", "not measured")


def _attack_rates(found: Mapping[str, tuple[ModelSpec, Record]]) -> dict[str, list[pd.DataFrame]]:
    rates: dict[str, list[pd.DataFrame]] = defaultdict(list)
    for spec, record in found.values():
        if record.has("robustness"):
            rates[network_label(spec)].append(derived(record, RATES))
    return rates


def _lost(failures: Sequence[Failure], study: Study) -> dict[str, Failure]:
    """Failed jobs that belong to a study, by the label of their network."""
    asked = {spec.key: spec for spec in known_models(study)}
    return {
        network_label(asked.get(failure.spec.key, failure.spec)): failure
        for failure in failures
        if failure.spec.key in asked or (failure.spec.method not in zoo.list_methods() and belongs(failure.spec, study))
    }


def _networks(groups: Mapping[str, Group], lost: Mapping[str, Failure]) -> list[NetworkEvidence]:
    methods = {label: group.method for label, group in groups.items()}
    methods |= {label: failure.spec.method for label, failure in lost.items()}
    described = describe_methods(list(dict.fromkeys(methods.values())))
    titles = [described[method].title for method in methods.values()]
    variants: dict[str, int] = defaultdict(int)
    networks = []
    for number, (label, method) in enumerate(methods.items(), 1):
        title = described[method].title
        networks.append(
            NetworkEvidence(
                label=label,
                name=title if titles.count(title) == 1 else f"{title} {label.removeprefix(method)}".strip(),
                slug=f"net{number}",
                method=described[method],
                variant=variants[method],
                models=tuple(groups[label].models) if label in groups else (),
                failure=lost[label].reason if label in lost else "",
            )
        )
        variants[method] += 1
    return networks
