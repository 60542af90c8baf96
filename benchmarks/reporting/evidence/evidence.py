"""All that a report is built from: what was compared, where it ran, and what each network did."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from benchmarks.records.record import Record
from benchmarks.records.store import Store
from benchmarks.reporting.drawing.formatting import Unit
from benchmarks.reporting.drawing.style import Style
from benchmarks.reporting.evidence.methods import MethodFacts
from benchmarks.study.study import ModelSpec, Study
from zoo.network import Setting


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """The static ResNet that a network is compared with, as its record has it; see `zoo.baseline_of`.

    Attributes:
        network: selector.
        macs: nominal multiply-accumulates of a picture.
        parameters: learnable numbers.
    """

    network: str
    macs: int
    parameters: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """One trained network: a record, read.

    Attributes:
        record: where it lies.
        spec: what was trained.
        config: of the record, as `benchmarks.records.store` wrote it.
        settings: points of the curve, the headline first.
        tables: what evaluators found, by their name.
        reasons: why a table is missing, by the evaluator's name.
    """

    record: Record
    spec: ModelSpec
    config: Mapping[str, Any]
    settings: tuple[Setting, ...]
    tables: Mapping[str, pd.DataFrame]
    reasons: Mapping[str, str]

    @cached_property
    def history(self) -> pd.DataFrame:
        """One row per epoch."""
        return self.record.history()

    @property
    def baseline(self) -> Baseline:
        """The static ResNet that it is compared with."""
        return Baseline(**self.config["baseline"])

    @property
    def units(self) -> list[str]:
        """Names of its units, in the order of the route's columns."""
        return list(self.config["units"])

    def headline_answers(self) -> pd.DataFrame | None:
        """The accuracy table at the headline setting, or None where accuracy was not measured."""
        table = self.tables.get("accuracy")
        return None if table is None else table[table["setting"] == self.settings[0].name]


@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """A network of the comparison: a selector with one model per seed.

    Attributes:
        label: as tables and logs call it, without the seed.
        name: for people, unique in the report.
        slug: unique in the report, letters, digits and dashes.
        facts: of its method.
        style: how figures draw it.
        models: one per seed, the first seed first; empty where training failed.
        failure: why there is no model, one line.
    """

    label: str
    name: str
    slug: str
    facts: MethodFacts
    style: Style
    models: tuple[Model, ...]
    failure: str = ""

    @property
    def first(self) -> Model:
        """The model of the first seed that there is."""
        return self.models[0]

    @property
    def is_baseline(self) -> bool:
        """Whether it is the static ResNet that it would be compared with."""
        return str(self.first.spec.selector) == self.first.baseline.network

    def reason(self, evaluator: str) -> str:
        """Why a measurement is missing, for readers."""
        if not self.models:
            return self.failure
        reasons = [model.reasons[evaluator] for model in self.models if evaluator in model.reasons]
        return reasons[0] if reasons else "no value"


@dataclass(frozen=True, kw_only=True)
class Place:
    """An environment, and what was made in it.

    Attributes:
        environment: its facts, as `benchmarks.records.environment` describes them; date, load and commit are one of
            several.
        labels: of the networks that were trained or measured there, by what was made: `training` or an evaluator.
        commits: of the code that made them, in order.
        dates: of the first and the last thing that was made there, ISO 8601.
    """

    environment: Mapping[str, Any]
    labels: Mapping[str, tuple[str, ...]]
    commits: tuple[str, ...]
    dates: tuple[str, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """A study and its results.

    Attributes:
        store: where they lie.
        study: what was compared.
        environment: who ran the study last; empty where that is unknown.
        made: where its records and tables were made, most of them first.
        entries: the networks that were trained, in the registry's order.
        failed: networks without any model.
        failures: failed jobs, as the store wrote them.
        points: one row per entry and setting, see `benchmarks.reporting.evidence.points.points`.
        attacks: one row per entry, attack and epsilon, see `benchmarks.reporting.evidence.attacks.rates`.
        batch_sizes: at which networks were timed, ascending.
        unit: in which multiply-accumulates are written.
    """

    store: Store
    study: Study
    environment: Mapping[str, Any]
    made: tuple[Place, ...]
    entries: tuple[Entry, ...]
    failed: tuple[Entry, ...]
    failures: tuple[Mapping[str, Any], ...]
    points: pd.DataFrame
    attacks: pd.DataFrame
    batch_sizes: tuple[int, ...]
    unit: Unit

    @cached_property
    def headlines(self) -> dict[str, Mapping[str, Any]]:
        """The rows of `points` that headlines report, by the entry's label."""
        chosen = self.points[self.points["headline"].astype(bool)].drop_duplicates("entry")
        return {row["entry"]: {str(name): row[name] for name in row} for row in chosen.to_dict("records")}

    def value(self, entry: Entry, name: str) -> float:
        """A measurement at the headline setting, NaN where it is missing; see `points` for the names."""
        return float(self.headlines[entry.label].get(name, math.nan))

    def having(self, name: str) -> list[Entry]:
        """The networks of which a measurement at the headline setting is known."""
        return [entry for entry in self.entries if not math.isnan(self.value(entry, name))]

    def share_of_static(self, entry: Entry) -> float | None:
        """Routed cost relative to its static ResNet's; None for that network itself, or where unknown."""
        if entry.is_baseline or entry not in self.having("routed"):
            return None
        return self.value(entry, "routed") / entry.first.baseline.macs
