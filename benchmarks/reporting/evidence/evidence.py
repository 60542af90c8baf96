"""All that a report is built from, as values: what was compared, where it ran, and what each network did."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.records.sample_sheet import SampleImages
from benchmarks.reporting.evidence.pixels import Pixels
from benchmarks.reporting.evidence.robustness import headline_attack
from benchmarks.reporting.evidence.trust import Check, checks
from benchmarks.reporting.formatting import Unit
from benchmarks.training.recipe import Recipe
from zoo.network import Setting
from zoo.papers.paper import Published


@dataclass(frozen=True, kw_only=True)
class StudyEvidence:
    """What was compared.

    Attributes:
        name: of the study's directory; of several studies, all names.
        title: headline of the report.
        dataset: the data set's name, without options.
        dataset_title: for readers.
        pixels: of these data, beside those of published figures; of several studies, of all.
        recipe: how networks were trained.
        published_recipes: whether a paper's own recipe replaced it where there is one.
        repetitions: seeds that were asked for.
        margin: points of accuracy below the best within which a network counts as equally accurate.
        attacks: what a reader has to know of each attack, a sentence without its full stop; of some, nothing.
        strong_attacks: those that are made at the headline radius besides.
        configuration: everything that the study file says; of several studies, by their names.
        studies: what each of several studies asked for, by its name; empty where there is one.
        joined: names of the studies whose seeds are one network, by its label.
    """

    name: str
    title: str
    dataset: str
    dataset_title: str
    pixels: Pixels
    recipe: Recipe
    published_recipes: bool
    repetitions: int
    margin: float
    attacks: tuple[str, ...]
    strong_attacks: tuple[str, ...]
    configuration: Mapping[str, Any]
    studies: Mapping[str, StudyEvidence] = field(default_factory=dict)
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class MethodDescription:
    """What a report says of a method besides its measurements.

    Attributes:
        name: as selectors use it.
        title: for readers.
        place: among the methods of the suite, those whose routes depend on the image first, the method of baselines
            left out; None for that method itself.
        family: how it spends computation; empty where unknown.
        varies: what depends on the image; empty where unknown.
        citation: of its paper; empty where unknown.
        published: figures of its paper, by preset.
        recipes: how its paper trained them, by preset, where that is known.
        defaults: of its network's parameters; of shared ones too.
        registered: whether this version of the suite has it.
    """

    name: str
    title: str
    place: int | None
    family: str = ""
    varies: str = ""
    citation: str = ""
    published: Mapping[str, tuple[Published, ...]] = field(default_factory=dict)
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    registered: bool = True


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """The static ResNet that a network is compared with, as its record has it; see `zoo.baseline_of`.

    Attributes:
        network: selector.
        macs: nominal multiply-accumulates of an image.
        parameters: learnable numbers.
    """

    network: str
    macs: int
    parameters: int


@dataclass(frozen=True, eq=False)
class Right:
    """Which images a model was right about.

    Attributes:
        of: digest of the images' numbers; answers can be paired where it is equal.
        right: (I,) bool, in the order of these numbers.
    """

    of: str
    right: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainedModel:
    """One seed of a network.

    Attributes:
        study: name of the study that it belongs to.
        record: name of its record's directory.
        selector: method, preset and parameters.
        preset: of the method.
        parameters: that replace the preset's.
        resolved: all parameters of the network, those of the preset included.
        repetition: which of the study's seeds, from 0.
        recipe: how it was trained.
        specification: everything that was asked for, for readers.
        units: names of its units, in the order of the route's columns.
        baseline: what it is compared with.
        settings: points of the accuracy-compute curve, the headline setting first.
        precision: of its training.
        device: where it was trained.
        seconds: that training and choosing settings took.
        spent: seconds by what was made, see `benchmarks.records.record.Record.spent`.
        data: fingerprint of the data set.
        history: a row per epoch: epoch, epochs, phase, lr, loss, train_accuracy, validation_accuracy, seconds.
        measurements: tables of evaluators and of pictures, by name; of a seed after the first, those that no seed
            before it has.
        read: makes the tables that the record has, all of them, read as they are asked for.
        right: of every seed its answers by setting, attack and epsilon; without an attack `none` and 0. Those without
            attack to the images that were attacked have the setting `benchmarks.records.answers.ATTACKED`.
        reasons: why an evaluator has no table, by its name.
        timed_in: key of the environment in which it was timed; empty where it was not.
        validation_images: on which rates and accuracies while training were taken; 0 where the record does not know.
        stale: in what its record is not what the code of today makes; empty where it is.
        origin: of weights that were given, see `benchmarks.records.given.origin_of_given`; empty where it was trained.
        given: digests of files that the user brought, see `benchmarks.records.identity.Identity.given`.
    """

    study: str
    record: str
    selector: str
    preset: str
    parameters: Mapping[str, Any]
    resolved: Mapping[str, Any]
    repetition: int
    recipe: Recipe
    specification: Mapping[str, Any]
    units: tuple[str, ...]
    baseline: Baseline
    settings: tuple[Setting, ...]
    precision: str
    device: str
    seconds: float
    spent: Mapping[str, float]
    data: str
    history: pd.DataFrame
    measurements: Mapping[str, pd.DataFrame]
    read: Callable[[], Mapping[str, pd.DataFrame]]
    right: Mapping[tuple[str, str, float], Right]
    reasons: Mapping[str, str]
    timed_in: str
    validation_images: int
    stale: tuple[str, ...]
    origin: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)

    def headline_answers(self) -> pd.DataFrame | None:
        """The accuracy table at the headline setting, or None where accuracy was not measured."""
        return self._headline_answers

    @cached_property
    def _headline_answers(self) -> pd.DataFrame | None:
        table = self.measurements.get("accuracy")
        return None if table is None else table[table["setting"] == self.settings[0].name]


@dataclass(frozen=True, kw_only=True, eq=False)
class NetworkEvidence:
    """A network of the comparison: a selector with one trained model per seed.

    Attributes:
        label: as tables and logs call it, without the seed.
        name: for readers, unique in the report.
        slug: unique in the report, letters, digits and dashes.
        method: what is known of its method.
        variant: 0 for the first network of that method in the study, 1 for the second, ...
        models: one per seed, the first seed first; empty where training failed.
        failure: why there is no model, one line.
    """

    label: str
    name: str
    slug: str
    method: MethodDescription
    variant: int
    models: tuple[TrainedModel, ...]
    failure: str = ""

    @property
    def first(self) -> TrainedModel:
        """The model of the first seed that there is."""
        return self.models[0]

    @property
    def is_baseline(self) -> bool:
        """Whether it is the static ResNet that it would be compared with."""
        return self.first.selector == self.first.baseline.network

    @property
    def is_given(self) -> bool:
        """Whether its weights were given: it was not trained here."""
        return bool(self.models and self.first.origin)

    @property
    def stale(self) -> str:
        """In what its records are not what the code of today makes; empty where they are."""
        return "; ".join(dict.fromkeys(reason for model in self.models for reason in model.stale))

    @property
    def timed_in(self) -> str:
        """Key of the environment in which it was timed, of several the first seed's; empty where it was not."""
        return next((model.timed_in for model in self.models if model.timed_in), "")

    def measurement(self, evaluator: str) -> pd.DataFrame | None:
        """An evaluator's table of the first seed that has one."""
        found = (model.measurements[evaluator] for model in self.models if evaluator in model.measurements)
        return next(found, None)

    @cached_property
    def checks(self) -> list[Check]:
        """Of its robust accuracy, of the first seed; empty where it was not attacked or not probed."""
        attacked, probed = self.measurement("robustness"), self.measurement("trust")
        return [] if attacked is None or probed is None else checks(attacked, probed)

    @property
    def overrated(self) -> str:
        """Why its robust accuracy is an upper bound, in words; empty where no check says so."""
        failed = [f"{check.name.lower()}: {check.found}" for check in self.checks if check.bound and not check.passed]
        return "; ".join(failed)

    def reason(self, evaluator: str) -> str:
        """Why a measurement is missing, for readers."""
        if not self.models:
            return self.failure
        reasons = [model.reasons[evaluator] for model in self.models if evaluator in model.reasons]
        return reasons[0] if reasons else "no value"


TRAINING = "training"
"""What a record itself is, beside the evaluators' tables."""


@dataclass(frozen=True, kw_only=True)
class EnvironmentEvidence:
    """An environment, and what was made in it.

    Attributes:
        key: hash that names it.
        description: as `benchmarks.records.environment` writes it; date, load and commit are one of several.
        networks: labels of the networks that were trained or measured there, by what was made: `training` or an
            evaluator.
        commits: of the code that made them, in order.
        dates: of the first and the last thing that was made there, ISO 8601.
    """

    key: str
    description: Mapping[str, Any]
    networks: Mapping[str, tuple[str, ...]]
    commits: tuple[str, ...]
    dates: tuple[str, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Tuning:
    """What `benchmarks.tune` found.

    Attributes:
        trials: per network.
        epochs: of a trial that is not stopped.
        networks: by label: `searched` (ranges by name), `chosen` (number of a trial) and `entry` (name and recipe).
        trials_table: a row per trial: network, trial, state, epochs, validation_accuracy, macs, seconds, values (JSON).
    """

    trials: int
    epochs: int
    networks: Mapping[str, Mapping[str, Any]]
    trials_table: pd.DataFrame


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """A study, or several of one data set, and the results; `benchmarks.reporting.evidence.loading.load` reads it.

    Attributes:
        study: what was compared.
        last_run: the environment of the last run; empty where that is unknown.
        environments: in which records and tables were made, the one that made most first.
        networks: that were trained, in the registry's order.
        failed: networks without any model.
        untrained: labels of networks that the study asks for and that have neither a model nor a failure.
        failures: failed jobs, as the store wrote them.
        results: a row per network and setting, see `benchmarks.reporting.evidence.setting_results.setting_results`.
        robustness: a row per network, attack and epsilon, see
            `benchmarks.reporting.evidence.robustness.robustness_results`.
        slowdown: a row per network, goal and epsilon, see `benchmarks.reporting.evidence.slowdown.slowdown_results`.
        corruptions: a row per network, corruption and severity, 0 without a corruption, see
            `benchmarks.reporting.evidence.over_seeds.over_seeds`.
        detection: a row per network, seed and part, see `benchmarks.reporting.evidence.detection.detection_results`.
        jpeg: likewise per network, attack, quality (0: not compressed), knowledge of the compression, and epsilon.
        lesions: a row per network, seed (`model`) and lesion, see `benchmarks.records.changed.lesion_answers`.
        decisions: a row per network, seed (`model`), way to decide and draw, see
            `benchmarks.records.changed.decision_answers`.
        batch_sizes: at which networks were timed, ascending.
        unit: in which multiply-accumulates are written.
        images: some of the test split; None where they were left out.
        class_names: in the order of labels; empty where the study does not say.
        tuning: what tuning found; None without it, and on a page of several studies.
    """

    study: StudyEvidence
    last_run: Mapping[str, Any]
    environments: tuple[EnvironmentEvidence, ...]
    networks: tuple[NetworkEvidence, ...]
    failed: tuple[NetworkEvidence, ...]
    untrained: tuple[str, ...]
    failures: tuple[Mapping[str, Any], ...]
    results: pd.DataFrame
    robustness: pd.DataFrame
    slowdown: pd.DataFrame
    corruptions: pd.DataFrame
    detection: pd.DataFrame
    jpeg: pd.DataFrame
    lesions: pd.DataFrame
    decisions: pd.DataFrame
    batch_sizes: tuple[int, ...]
    unit: Unit
    images: SampleImages | None = None
    class_names: tuple[str, ...] = ()
    tuning: Tuning | None = None

    @cached_property
    def repetitions(self) -> tuple[int, ...]:
        """The seeds that any network has, the first one first."""
        return tuple(sorted({model.repetition for network in self.networks for model in network.models}))

    def of_seed(self, repetition: int) -> Evidence:
        """The same of the networks that have a seed, whose models are of it alone; results are not taken apart."""
        own = ((n, m) for n in self.networks for m in n.models if m.repetition == repetition)
        alone = tuple(replace(n, models=(replace(m, measurements=m.read()),)) for n, m in own)
        return replace(self, networks=alone)

    def names_of(self, labels: Iterable[Any]) -> list[str]:
        """What classes are called, by their labels: their numbers where the study does not say."""
        names = self.class_names
        return [names[int(label)] if int(label) < len(names) else str(label) for label in labels]

    @cached_property
    def points(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        """The rows of `results`, by the network's label and the setting."""
        rows = self.results.to_dict("records")
        return {(row["network"], row["setting"]): {str(name): row[name] for name in row} for row in rows}

    @cached_property
    def headlines(self) -> dict[str, Mapping[str, Any]]:
        """Those of `points` at headline settings, by the network's label; of several the first."""
        found: dict[str, Mapping[str, Any]] = {}
        for (network, _), point in self.points.items():
            if point["headline"]:
                found.setdefault(network, point)
        return found

    @cached_property
    def headline_attack(self) -> tuple[str, float] | None:
        """The attack and epsilon of the one robust number per network, see `robustness.headline_attack`."""
        return headline_attack(self.robustness)

    @cached_property
    def slowdown_radius(self) -> float | None:
        """The radius of `headline_attack`, where the cost was attacked within it too; None where it was not."""
        chosen = self.headline_attack
        known = set(self.slowdown["epsilon"]) if len(self.slowdown) else set()
        return chosen[1] if chosen and chosen[1] in known else None

    def value(self, network: NetworkEvidence, name: str) -> float:
        """A measurement at the headline setting, NaN where it is missing; see `results` for the names."""
        return float(self.headlines[network.label].get(name, math.nan))

    def measured(self, name: str) -> list[NetworkEvidence]:
        """The networks of which a measurement at the headline setting is known."""
        return [network for network in self.networks if not math.isnan(self.value(network, name))]

    def share_of_baseline(self, network: NetworkEvidence) -> float | None:
        """Routed cost relative to its baseline's; None for that network itself, or where unknown."""
        if network.is_baseline or network not in self.measured("routed"):
            return None
        return self.value(network, "routed") / network.first.baseline.macs
