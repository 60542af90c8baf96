"""Data sets by name: found among the modules of `benchmarks.data` and of installed plug-ins."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.data.contract import Dataset, DatasetInfo, Split
from benchmarks.data.description import DatasetEntry, Description, Read, describe_info
from benchmarks.data.splitting import fingerprint
from zoo.plugins import Registry, UnknownName, origin_of, unknown

LIMITS: Mapping[str, object] = {"train": None, "test": None}
"""Options of every data set: numbers of samples to keep; None for all."""
LAST = 100
"""The place of data sets that name none."""

DATASETS: Registry[DatasetEntry] = Registry("data set", "benchmarks.data")
"""Every data set; `names` has their order."""


def dataset(
    about: DatasetInfo | Description, *, options: Mapping[str, object] | None = None, order: int = LAST
) -> Callable[[Read], Read]:
    """Decorator that makes a function a data set of the suite.

    The function makes the full data set from the data root (or None) and checked options. Pixels are in [0, 1], and
    splits are the same on every machine; `benchmarks.data.splitting` has functions for both.

    Args:
        about: its facts; a description where files or options decide about some.
        options: names that `load` takes and their defaults, where `about` does not have them.
        order: its place in lists, the suite's default first.

    Raises:
        ValueError: the name is taken.
    """
    description = about if isinstance(about, Description) else describe_info(about, options or {})

    def decorate(read: Read) -> Read:
        DATASETS.add(description.name, DatasetEntry(description, read, order), origin_of(read))
        return read

    return decorate


def names() -> tuple[str, ...]:
    """All data sets, the suite's default first."""
    return tuple(entry.description.name for entry in sorted(DATASETS, key=lambda entry: entry.order))


def describe(name: str) -> Description:
    """What can be said of a data set without reading it, with all its options.

    Raises:
        ValueError: no such data set; the message lists the nearest.
    """
    description = _entry(name).description
    return dataclasses.replace(description, options={**LIMITS, **description.options})


def load(
    name: str,
    *,
    data_root: Path | None = None,
    train: int | None = None,
    test: int | None = None,
    **options: object,
) -> Dataset:
    """Read a data set, with the same splits on every machine.

    Args:
        name: one of `names()`.
        data_root: folder of data sets that are not inside a package.
        train: number of training samples to keep, a representative part; None for all.
        test: likewise of test samples.
        options: of this data set, as `describe(name).options` lists them.

    Raises:
        ValueError: no such data set or option, a value of the wrong type, or more samples than there are.
        DataMissing: the data are not there; the message says how to get them.
        DataCorrupt: a file is damaged; the message names it.
    """
    entry = _entry(name)
    _check_options(name, {"train": train, "test": test, **options})
    root = None if data_root is None else Path(data_root).expanduser()
    dataset = entry.read(root, {**entry.description.options, **options})
    return _limited(dataset, train=train, test=test)


def _entry(name: str) -> DatasetEntry:
    if name not in DATASETS:
        raise UnknownName(unknown("data set", name, names()))
    return DATASETS[name]


def _check_options(name: str, options: Mapping[str, object]) -> None:
    describe(name).check_options(options)
    for limit in LIMITS:
        count = options[limit]
        if isinstance(count, int) and count < 1:
            raise ValueError(f"option {limit} of {name} must be at least 1, not {count}")


def _limited(dataset: Dataset, *, train: int | None, test: int | None) -> Dataset:
    limited = dataset
    for part, count in (("train", train), ("test", test)):
        split: Split = getattr(limited, part)
        if count is None or count == len(split):
            continue
        if count > len(split):
            raise ValueError(f"{dataset.info.name} has {len(split)} {part} samples, not {count}")
        kept: dict[str, Any] = {part: split.take(count)}
        mark = fingerprint(limited.fingerprint.encode(), f"{part}={count}".encode())
        limited = dataclasses.replace(limited, fingerprint=mark, **kept)
    return limited


def module_of(name: str) -> str:
    """The module that reads a data set, whose code its splits depend on.

    Raises:
        ValueError: no such data set; the message lists the nearest.
    """
    return _entry(name).read.__module__
