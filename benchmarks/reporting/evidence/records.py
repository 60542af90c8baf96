"""Reading a study's directory with errors that are one line and name the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydantic

from benchmarks.records.belonging import belonging
from benchmarks.records.files import Damaged, StoreError
from benchmarks.records.record import Record
from benchmarks.records.store import Store, newest_by_key
from benchmarks.study.study import ModelSpec, Study


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
    found = belonging(newest, study)
    _check_data(store, found)
    return found


def network_label(spec: ModelSpec) -> str:
    """The label of a network whatever the seed."""
    return spec.model_copy(update={"repetition": 0}).label


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
