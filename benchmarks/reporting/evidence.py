"""All that a report is built from: what was compared, where it ran, and what each network did."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from benchmarks.reporting.facts import BASELINE, MethodFacts
from benchmarks.reporting.formats import Unit
from benchmarks.reporting.style import Style
from benchmarks.store import Record, Store
from benchmarks.study import ModelSpec, Study
from zoo.contract import Setting


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """One trained network: a record, read.

    Attributes:
        record: where it lies.
        spec: what was trained.
        config: of the record, as `benchmarks.store` wrote it.
        settings: points of the curve, the headline first.
        history: one row per epoch.
        tables: what evaluators found, by their name.
        reasons: why a table is missing, by the evaluator's name.
    """

    record: Record
    spec: ModelSpec
    config: Mapping[str, Any]
    settings: tuple[Setting, ...]
    history: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    reasons: Mapping[str, str]

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

    def reason(self, evaluator: str) -> str:
        """Why a measurement is missing, for readers."""
        if not self.models:
            return self.failure
        reasons = [model.reasons[evaluator] for model in self.models if evaluator in model.reasons]
        return reasons[0] if reasons else "no value"


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """A study and its results.

    Attributes:
        store: where they lie.
        study: what was compared.
        environment: where it ran; empty where that is unknown.
        entries: the networks that were trained, in the registry's order.
        failed: networks without any model.
        failures: failed jobs, as the store wrote them.
        points: one row per entry and setting, see `benchmarks.reporting.points.points`.
        attacks: one row per entry, attack and epsilon, see `benchmarks.reporting.attacks.rates`.
        batch_sizes: at which networks were timed, ascending.
        unit: in which multiply-accumulates are written.
    """

    store: Store
    study: Study
    environment: Mapping[str, Any]
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

    def baseline_of(self, entry: Entry) -> Entry | None:
        """The static ResNet to compare with: the one of the same preset, else the first one of the study."""
        networks = [e for e in self.entries if e.facts.name == BASELINE]
        same = [e for e in networks if entry.models and e.first.spec.preset == entry.first.spec.preset]
        return next(iter([*same, *networks]), None)

    def value(self, entry: Entry, name: str) -> float:
        """A measurement at the headline setting, NaN where it is missing; see `points` for the names."""
        return float(self.headlines[entry.label].get(name, math.nan))

    def having(self, name: str) -> list[Entry]:
        """The networks of which a measurement at the headline setting is known."""
        return [entry for entry in self.entries if not math.isnan(self.value(entry, name))]

    def share_of_static(self, entry: Entry) -> float | None:
        """Routed cost relative to the static ResNet's; None for that network itself, or where unknown."""
        baseline = self.baseline_of(entry)
        if baseline is None or baseline is entry or not {entry, baseline} <= {*self.having("routed")}:
            return None
        return self.value(entry, "routed") / self.value(baseline, "routed")
