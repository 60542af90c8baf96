"""Which network of a study, and which of its settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import zoo
from benchmarks.records.files import StoreError
from benchmarks.records.record import Record
from benchmarks.records.store import Store
from benchmarks.reporting.evidence.records import shown
from benchmarks.study.study import ModelSpec
from zoo.network import Setting


class ChoiceError(ValueError):
    """A name that stands for no network or setting, or for several; the message is one line with the valid ones."""


def choose_network(root: Path, name: str) -> tuple[ModelSpec, Record]:
    """The network of a study that a name stands for, and its record.

    Args:
        root: directory of the study.
        name: a label as tables have it (`adanet[target_rate=0.4] #2`), or a selector in any spelling. Of several seeds,
            a name without a number is the first. A method's name will do where the study has one network of it.

    Raises:
        StoreError: the study is missing or damaged, or the network was stored without its weights.
        ChoiceError: no network is called that, or several.
    """
    store = Store(root)
    networks = shown(store, store.read_study())
    if not networks:
        raise StoreError(f"{root} has no trained network")
    spec, record = networks[label_of(name, [spec for spec, _ in networks.values()])]
    if not record.has_weights:
        raise StoreError(f"{spec.label} was stored without its weights in {root}: run the study again to export it")
    return spec, record


def choose_setting(record: Record, name: str | None) -> Setting:
    """A network's setting by name; without one, the headline setting.

    Raises:
        ChoiceError: it has none of that name.
    """
    settings = {setting.name: setting for setting in record.settings}
    if name is None:
        return record.settings[0]
    if name not in settings:
        raise ChoiceError(f"--setting: {record.spec.label} has no setting {name!r}; valid: {_listed(list(settings))}")
    return settings[name]


def label_of(name: str, specs: Sequence[ModelSpec]) -> str:
    """The label of the one network among several that a name stands for; see `choose_network`.

    Raises:
        ChoiceError: there is none, or more than one.
    """
    labels = [spec.label for spec in specs]
    if name in labels:
        return name
    ways = (_spelled_otherwise(name, specs), [spec.label for spec in specs if spec.method == name])
    found = next(filter(None, ways), [])
    if len(found) == 1:
        return found[0]
    if found:
        raise ChoiceError(f"{name!r} is the name of {len(found)} networks of the study; valid: {_listed(found)}")
    raise ChoiceError(f"the study has no network {name!r}; valid: {_listed(labels)}")


def _spelled_otherwise(name: str, specs: Sequence[ModelSpec]) -> list[str]:
    """The labels of the first seeds of what a selector asks for."""
    try:
        asked = zoo.parse(name)
    except ValueError:
        return []
    return [
        spec.label
        for spec in specs
        if spec.repetition == 0
        and (spec.method, spec.preset) == (asked.name, asked.preset or spec.scale)
        and spec.parameters == dict(asked.parameters)
    ]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
