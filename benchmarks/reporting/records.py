"""Reading a study's directory with errors that are one line and name the file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydantic

import zoo
from benchmarks.campaign import belongs, shown_records
from benchmarks.store import Record, Store, StoreError, read_yaml
from benchmarks.study import ModelSpec, Study


class _Registered(Store):
    """A store without the records of methods that this version of the suite does not know."""

    def records(self) -> list[Record]:
        return [record for record in super().records() if record.spec.method in zoo.methods()]


@contextmanager
def one_line(place: Path) -> Iterator[None]:
    """Turn whatever damaged files cause into a `StoreError` of one line.

    Raises:
        StoreError: the block failed; the message names the place.
    """
    try:
        yield
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StoreError(f"{place} is damaged: {where}: {first['msg']}") from error
    except KeyError as error:
        raise StoreError(f"{place} is damaged: it lacks {error}") from error
    except (OSError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(f"{place} is damaged: {' '.join(str(error).split())}") from error


def read_study(store: Store) -> Study:
    """What was compared.

    Raises:
        StoreError: the directory is missing, holds no study, or the study is damaged.
    """
    if not store.root.is_dir():
        raise StoreError(f"{store.root} is missing: no study has been run there")
    with one_line(store.root / "study.yaml"):
        return store.read_study()


def read_environment(store: Store) -> dict[str, Any]:
    """Where it ran; empty where that was not recorded.

    Raises:
        StoreError: the file is damaged.
    """
    path = store.root / "environment.json"
    if not path.exists():
        return {}
    with one_line(path):
        values = json.loads(path.read_text())
        if not isinstance(values, dict):
            raise StoreError(f"{path} is damaged: it holds no mapping")
        return values


def shown(store: Store, study: Study) -> dict[str, Record]:
    """The records that belong to a study, by label; those of methods that are not registered any more come
    last.

    Raises:
        StoreError: a record is damaged.
    """
    for record in store.records():
        with one_line(record.path / "config.yaml"):
            _check(record)
    found = shown_records(_Registered(store.root), study)
    others: dict[str, Record] = {}
    for record in store.records():
        if record.spec.method not in zoo.methods() and belongs(record.spec, study):
            others.setdefault(record.spec.label, record)
    return found | dict(sorted(others.items()))


def _check(record: Record) -> None:
    config = read_yaml(record.path / "config.yaml")
    for needed in ("spec", "code", "settings", "seconds", "units"):
        if needed not in config:
            raise KeyError(needed)
    ModelSpec.model_validate(config["spec"])
    if not record.settings:
        raise ValueError("settings: there is none")
