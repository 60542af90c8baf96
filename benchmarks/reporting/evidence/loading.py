"""From a study's directory to the evidence of a report: everything is read here, once, and only here."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd

import zoo
from benchmarks.measuring import Evaluator, evaluators
from benchmarks.measuring.picture_names import pictures_of
from benchmarks.measuring.registry import OF_THE_FIRST_SEED
from benchmarks.measuring.summaries.corruptions import KEYS as CORRUPTION_KEYS
from benchmarks.measuring.summaries.jpeg import KEYS as JPEG_KEYS
from benchmarks.records.answers import unpacked
from benchmarks.records.belonging import belongs, known_models
from benchmarks.records.class_names import CLASSES, read_class_names
from benchmarks.records.derived import (
    ANSWERS,
    ATTACK_RATES,
    CORRUPTION_RATES,
    DECISION_ANSWERS,
    DETECTION_RATES,
    JPEG_RATES,
    LESION_ANSWERS,
    SLOWDOWN_RATES,
    SUMMARY,
    derived_rows,
    has_rates,
    joined,
)
from benchmarks.records.record import Record
from benchmarks.records.sample_images import FACTS, read_sample_images
from benchmarks.records.sample_sheet import SampleImages
from benchmarks.records.versions import of_today
from benchmarks.reporting.evidence.detection import detection_results
from benchmarks.reporting.evidence.environments import environments, timed_in
from benchmarks.reporting.evidence.evidence import Baseline, Evidence, NetworkEvidence, Right, TrainedModel, Tuning
from benchmarks.reporting.evidence.intervals import accuracy_intervals, of_attacks, of_settings
from benchmarks.reporting.evidence.methods import describe_methods
from benchmarks.reporting.evidence.over_seeds import over_seeds
from benchmarks.reporting.evidence.records import network_label, one_line
from benchmarks.reporting.evidence.robustness import robustness_results
from benchmarks.reporting.evidence.setting_results import batch_sizes, completed, setting_results
from benchmarks.reporting.evidence.slowdown import slowdown_results
from benchmarks.reporting.evidence.sources import Failure, Seed, Source, arrange, read_sources
from benchmarks.reporting.evidence.staleness import stale, untrained
from benchmarks.reporting.evidence.studies import describe_study
from benchmarks.reporting.evidence.tables import Tables
from benchmarks.reporting.formatting import unit_for
from benchmarks.study.study import ModelSpec, Study
from benchmarks.tuning.files import FOLDER as TUNING
from benchmarks.tuning.files import read_summary, read_trials
from zoo.registry import is_given, is_registered


def load(*results_dirs: Path) -> Evidence:
    """Read a study's directory, or those of several studies of one data set.

    Raises:
        StoreError: one is missing or damaged, or their data are not the same; the message is one line that names the
            file.
    """
    sources = read_sources(results_dirs)
    seeds = arrange(sources)
    records = {seed.label: seed.record for seed in seeds}
    groups = _groups(seeds)
    with one_line(sources[0].root / "models"):
        summary = joined([*records.items()], SUMMARY, column="model")
        network_of = {seed.label: seed.network for seed in seeds}
        results = setting_results(completed(summary), network_of)
        robustness = robustness_results(_rates(seeds, ATTACK_RATES))
        slowed = slowdown_results(_rates(seeds, SLOWDOWN_RATES))
        corrupted = over_seeds(_rates(seeds, CORRUPTION_RATES), CORRUPTION_KEYS)
        detected = detection_results(_rates(seeds, DETECTION_RATES))
        compressed = over_seeds(_rates(seeds, JPEG_RATES), JPEG_KEYS)
        changed = {name: _of_seeds(seeds, name) for name in (LESION_ANSWERS, DECISION_ANSWERS)}
    lost = _lost(sources, seeds)
    data = {str(seed.record.config["data"]) for seed in seeds}
    images = _images(sources, data)
    networks = _networks(groups, lost)
    intervals = accuracy_intervals([network for network in networks if network.models])
    return Evidence(
        study=describe_study(sources, seeds),
        last_run=sources[-1].last_run,
        environments=environments(records),
        networks=tuple(network for network in networks if network.models),
        failed=tuple(network for network in networks if not network.models),
        untrained=_untrained(sources, seeds),
        failures=tuple(failure.values for source in sources for failure in source.failures),
        results=of_settings(results, intervals),
        robustness=of_attacks(robustness, intervals),
        slowdown=slowed,
        corruptions=corrupted,
        detection=detected,
        jpeg=compressed,
        lesions=changed[LESION_ANSWERS],
        decisions=changed[DECISION_ANSWERS],
        batch_sizes=tuple(batch_sizes(results)),
        unit=unit_for(results["nominal"]),
        images=images,
        class_names=_class_names(sources, data) or (images.classes if images else ()),
        tuning=_tuning(sources[0].root) if len(sources) == 1 else None,
    )


def _images(sources: Sequence[Source], data: set[str]) -> SampleImages | None:
    """Of the first study that has them, of the records' own data: a run on others may have been interrupted."""
    for source in sources:
        with one_line(source.root / FACTS):
            found = read_sample_images(source.root)
        if found is not None and data == {found.data}:
            return found
    return None


def _class_names(sources: Sequence[Source], data: set[str]) -> tuple[str, ...]:
    """Of the first study that has them, of the records' own data."""
    for source in sources:
        with one_line(source.root / CLASSES):
            found = [names for own in data if (names := read_class_names(source.root, own))]
        if found:
            return found[0]
    return ()


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


@dataclass(frozen=True)
class Group:
    """The models of one network, and the name of its method."""

    method: str
    models: list[TrainedModel]


def _groups(seeds: Sequence[Seed]) -> dict[str, Group]:
    """Models by the label of their network, the first seed first."""
    today = {source.name: of_today(source.study.evaluation) for source in {seed.source for seed in seeds}}
    groups: dict[str, Group] = {}
    seen: dict[str, set[str]] = defaultdict(set)
    for seed in sorted(seeds, key=lambda seed: seed.repetition):
        record = seed.record
        with one_line(record.path):
            known = [name for e in evaluators() for name in (e.name, pictures_of(e.name)) if record.has(name)]
            wanted = [name for name in known if name not in seen[seed.network]]
            seen[seed.network] |= set(wanted)
            tables = {name: record.table(name) for name in wanted}
            groups.setdefault(seed.network, Group(seed.spec.method, [])).models.append(
                _model(seed, known, tables, today[seed.source.name])
            )
    return {label: groups[label] for label in dict.fromkeys(seed.network for seed in seeds)}


def _read(record: Record, name: str) -> pd.DataFrame:
    with one_line(record.path):
        return record.table(name)


def _model(
    seed: Seed, known: Sequence[str], tables: Mapping[str, pd.DataFrame], today: Mapping[str, Mapping[str, Any]]
) -> TrainedModel:
    spec, record = seed.spec, seed.record
    config = record.config
    return TrainedModel(
        study=seed.source.name,
        record=record.path.name,
        selector=canonical(spec.full_selector),
        preset=spec.preset,
        parameters=spec.parameters,
        resolved=config["parameters"],
        repetition=seed.repetition,
        recipe=spec.recipe,
        specification=config["spec"],
        units=tuple(config["units"]),
        baseline=Baseline(**config["baseline"]),
        settings=tuple(record.settings),
        precision=config["precision"],
        device=config["device"],
        seconds=float(config["seconds"]),
        spent=record.spent(),
        data=config.get("dataset_fingerprint", "unknown"),
        validation_images=int(config.get("images", {}).get("validation", 0)),
        history=record.history(),
        measurements=tables,
        read=partial(Tables, known, partial(_read, record)),
        right=_right(record),
        reasons=_reasons(seed),
        timed_in=timed_in(record),
        stale=stale(record, today),
        origin=config.get("origin", {}),
        given=config.get("given", {}),
    )


def _right(record: Record) -> dict[tuple[str, str, float], Right]:
    return {
        (row["setting"], row["attack"], row["epsilon"]): Right(row["of"], unpacked(row["right"], row["images"]))
        for row in derived_rows(record, ANSWERS)
    }


def _reasons(seed: Seed) -> dict[str, str]:
    lost = {failure.job: failure.reason for failure in seed.source.failures if failure.spec.key == seed.spec.key}
    study = seed.source.study
    others = OF_THE_FIRST_SEED if seed.spec.repetition else ()
    timed = seed.spec.repetition < study.timed_repetitions
    missing = (
        e for e in evaluators() if not seed.record.has(e.name) and e.name not in others and (timed or not e.alone)
    )
    return {e.name: _reason(e, study, lost) for e in missing}


def _reason(evaluator: Evaluator, study: Study, lost: Mapping[str, str]) -> str:
    if not evaluator.wanted(study.evaluation):
        return "switched off"
    if evaluator.alone:
        return lost.get("time", "not measured")
    return lost.get("train") or lost.get("measure", "not measured")


def _rates(seeds: Sequence[Seed], name: str) -> dict[str, list[pd.DataFrame]]:
    """Rates of one kind by network, those of all its seeds together."""
    records = [(seed.network, seed.record) for seed in seeds if has_rates(seed.record, name)]
    table = joined(records, name, column="network")
    return {str(label): [own] for label, own in table.groupby("network", sort=False)} if records else {}


def _of_seeds(seeds: Sequence[Seed], name: str) -> pd.DataFrame:
    """A derived table of all seeds; columns: network, model (name of the record), and its own."""
    found = [seed for seed in seeds if has_rates(seed.record, name)]
    table = joined([(str(place), seed.record) for place, seed in enumerate(found)], name, column="model")
    if table.empty:
        return pd.DataFrame(columns=["network", "model"])
    places = table.pop("model").astype(int)
    table.insert(0, "network", [found[place].network for place in places])
    table.insert(1, "model", [found[place].label for place in places])
    return table


def _lost(sources: Sequence[Source], seeds: Sequence[Seed]) -> dict[str, Failure]:
    """Failed jobs of networks without any model, by the label of their network."""
    found: dict[str, Failure] = {}
    for source in sources:
        asked = {spec.key: spec for spec in known_models(source.study)}
        trained = {network_label(seed.spec) for seed in seeds if seed.source is source}
        others = {network_label(seed.spec) for seed in seeds} | found.keys()
        for failure in source.failures:
            label = network_label(asked.get(failure.spec.key, failure.spec))
            if label not in trained and _belongs(failure, asked, source.study):
                found[label if label not in others else f"{label} ({source.name})"] = failure
    return found


def _belongs(failure: Failure, asked: Mapping[str, ModelSpec], study: Study) -> bool:
    gone = not is_registered(failure.spec.method)
    return failure.spec.key in asked or (gone and belongs(failure.spec, study))


def _untrained(sources: Sequence[Source], seeds: Sequence[Seed]) -> tuple[str, ...]:
    """Labels of networks that a study asks for, with the study's name where there are several studies."""
    found = []
    for source in sources:
        known = {network_label(seed.spec) for seed in seeds if seed.source is source}
        known |= set(_lost([source], [seed for seed in seeds if seed.source is source]))
        several = f" ({source.name})" if len(sources) > 1 else ""
        found += [f"{label}{several}" for label in untrained(source.study, known)]
    return tuple(found)


def canonical(selector: zoo.Selector) -> str:
    """Its spelling with sequences as tuples, as `zoo.baseline_of` has them: those of a study file are lists."""
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in selector.parameters.items()}
    return str(replace(selector, parameters=values))


def reader_name(title: str, parameters: str) -> str:
    """A method's title with what tells its network from others: `ResNet [widths 8-16-32]` of `[widths=[8, 16, 32]]`."""
    plain = re.sub(r"(?<=\d), (?=\d)", "-", parameters.strip())
    plain = re.sub(r"=[\[(]([^\])]*)[\])]", r"=\1", plain).replace("=", " ")
    return f"{title} {plain}".strip()


def _external_name(model: TrainedModel) -> str:
    """The name of another package's network, with the file of its weights: `resnet18 [a.safetensors]`."""
    (name,) = (str(model.parameters[key]) for key in ("timm", "torchvision", "module") if key in model.parameters)
    file = model.origin.get("file")
    return f"{name} [{file}]" if file else name


def _slugs(labels: Sequence[str]) -> dict[str, str]:
    """Letters, digits and dashes for every label, unique: `resnet[blocks=[1, 1, 1]]` is `resnet-blocks-1-1-1`."""
    found: dict[str, str] = {}
    for label in labels:
        plain = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-") or "network"
        taken = set(found.values())
        tries = (plain if number == 1 else f"{plain}-{number}" for number in count(1))
        found[label] = next(name for name in tries if name not in taken)
    return found


def _networks(groups: Mapping[str, Group], lost: Mapping[str, Failure]) -> list[NetworkEvidence]:
    methods = {label: group.method for label, group in groups.items()}
    methods |= {label: failure.spec.method for label, failure in lost.items()}
    described = describe_methods(list(dict.fromkeys(methods.values())))
    titles = [described[method].title for method in methods.values()]
    variants: dict[str, int] = defaultdict(int)
    slugs = _slugs(list(methods))
    networks: list[NetworkEvidence] = []
    for label, method in methods.items():
        title = described[method].title
        short = _external_name(groups[label].models[0]) if is_given(method) and label in groups else ""
        if not short or short in {network.name for network in networks}:
            short = title if titles.count(title) == 1 else reader_name(title, label.removeprefix(method))
        networks.append(
            NetworkEvidence(
                label=label,
                name=short,
                slug=slugs[label],
                method=described[method],
                variant=variants[method],
                models=tuple(groups[label].models) if label in groups else (),
                failure=lost[label].reason if label in lost else "",
            )
        )
        variants[method] += 1
    return networks
