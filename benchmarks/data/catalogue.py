"""Data sets by name."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.data import cifar, embedded, fashion, imagefolder, svhn
from benchmarks.data.contract import Dataset, Description, Entry, Split
from benchmarks.data.splitting import fingerprint

LIMITS: Mapping[str, object] = {"train": None, "test": None}
"""Options of every data set: numbers of samples to keep; None for all."""

_ENTRIES: dict[str, Entry] = {
    entry.description.name: entry
    for family in (embedded, fashion, cifar, svhn, imagefolder)
    for entry in family.ENTRIES
}


def names() -> tuple[str, ...]:
    """All data sets, the suite's default first."""
    return tuple(_ENTRIES)


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


def _entry(name: str) -> Entry:
    if name not in _ENTRIES:
        raise ValueError(_unknown("data set", name, _ENTRIES))
    return _ENTRIES[name]


def _check_options(name: str, options: Mapping[str, object]) -> None:
    known = describe(name).options
    for option, value in options.items():
        if option not in known:
            raise ValueError(_unknown(f"option of {name}", option, known))
        default = known[option]
        expected = int if default is None else type(default)
        if value is None and default is None:
            continue
        if type(value) is not expected:
            raise ValueError(f"option {option} of {name} must be {expected.__name__}, not {value!r}")
        if option in LIMITS and int(str(value)) < 1:
            raise ValueError(f"option {option} of {name} must be at least 1, not {value}")


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


def _unknown(kind: str, name: str, valid: Collection[str]) -> str:
    nearest = difflib.get_close_matches(name, valid, n=3)
    guess = f"did you mean {' or '.join(nearest)}? " if nearest else ""
    return f"no {kind} is named {name!r}: {guess}valid are {', '.join(valid) or 'none'}"


def module_of(name: str) -> str:
    """The module that reads a data set, whose code its splits depend on.

    Raises:
        ValueError: no such data set; the message lists the nearest.
    """
    read = _entry(name).read
    return (read.func if isinstance(read, partial) else read).__module__
