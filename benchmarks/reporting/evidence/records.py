"""Reading a study's directory with errors that are one line and name the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pydantic

import zoo
from benchmarks.records.files import Damaged, StoreError
from benchmarks.records.record import Record
from benchmarks.records.store import Store, newest_by_key
from benchmarks.study.study import ModelSpec, Study, StudyError, method_names
from benchmarks.training.recipe import Recipe
from benchmarks.training.seeds import derive_seed


@contextmanager
def one_line(place: Path) -> Iterator[None]:
    """Turn every error that damaged files cause into a `StoreError` of one line.

    Raises:
        StoreError: the block failed; the message names the place.
    """
    try:
        yield
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Damaged(place, f"{where}: {first['msg']}") from error
    except KeyError as error:
        raise Damaged(place, f"it lacks {error}") from error
    except (OSError, TypeError, ValueError, AttributeError) as error:
        raise Damaged(place, str(error)) from error


def read_environment(store: Store) -> dict[str, Any]:
    """Who ran the study last; empty where that was not recorded.

    Raises:
        StoreError: the file is damaged.
    """
    return store.environment() if (store.root / "environment.json").exists() else {}


def shown(store: Store, study: Study) -> dict[str, tuple[ModelSpec, Record]]:
    """The records that belong to a study, by label, with what it asks for; those of methods that are not registered
    any more are last.

    Raises:
        StoreError: a record is damaged, or two were made on different data.
    """
    newest = newest_by_key(store.records())
    for record in newest.values():
        _check(record)
    asked = {spec.key: spec for spec in known_models(study)}
    others = [r.spec for r in newest.values() if r.spec.method not in zoo.list_methods() and belongs(r.spec, study)]
    asked |= {spec.key: spec for spec in sorted(others, key=lambda spec: spec.label)}
    found = {spec.label: (spec, newest[key]) for key, spec in asked.items() if key in newest}
    _check_data(store, found)
    return found


def known_models(study: Study) -> list[ModelSpec]:
    """What a study asks for, as far as this version of the suite has the methods and presets."""
    found: list[ModelSpec] = []
    for name in method_names(study.methods):
        try:
            found += study.models(only=[name])
        except StudyError:
            continue  # of a method, preset or parameter that is gone: `belongs` decides by recipe, data and seed
    return list({spec.key: spec for spec in found}.values())


def network_label(spec: ModelSpec) -> str:
    """The label of a network whatever the seed."""
    return spec.model_copy(update={"repetition": 0}).label


def belongs(spec: ModelSpec, study: Study) -> bool:
    """Whether a model was trained on a study's data set, with its recipe and from its seed."""
    same_recipe = study.published_recipes or spec.recipe in _recipes(spec, study)
    same_seed = spec.seed == derive_seed(study.seed, spec.selector, spec.dataset, spec.repetition)
    return spec.dataset == study.dataset and same_recipe and same_seed


def _recipes(spec: ModelSpec, study: Study) -> list[Recipe]:
    """The recipes that a study may give to a network of a method that is not registered any more."""
    own = [e.recipe for e in study.own_recipes() if e.name == "all" or fnmatchcase(spec.method, e.name.split("[")[0])]
    together = {name: value for fields in own for name, value in fields.items()}
    return [Recipe.model_validate(study.recipe.model_dump() | dict(fields)) for fields in ({}, *own, together)]


def _check(record: Record) -> None:
    if not record.settings:
        raise Damaged(record.path / "config.yaml", "settings: there is none")


def _check_data(store: Store, found: Mapping[str, tuple[ModelSpec, Record]]) -> None:
    data = {label: str(record.config["data"]) for label, (_, record) in found.items()}
    by_data = {mark: label for label, mark in data.items()}
    if len(by_data) > 1:
        named = ", ".join(f"{label} on {mark}" for mark, label in by_data.items())
        raise StoreError(
            f"{store.root} holds networks of different data ({named}): run the study again with --force, or each data "
            "set under its own --name"
        )
