"""Sizes of every preset, counted once and stored in `sizes.json`, because counting all of them takes a minute.

A stored size has a version: a hash of the code and the parameters that it was counted with. If the version is not
current, the preset is counted again, so no number is ever out of date; `python -m benchmarks.list --recount` updates
the file. Only lists use these numbers: evaluators always count, and no record contains a stored size.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import zoo
from benchmarks.records.code_hashes import code_hashes
from benchmarks.records.files import replacing
from zoo.network import Task
from zoo.sizing import published_sizes

FILE = Path(__file__).with_name("sizes.json")
"""The stored sizes: a JSON list, sorted by selector and shape, with one row per line."""
COUNTING = "zoo.sizing.counting"
"""The module that counts; a size depends on its imports and on those of the network's module."""
SUITE_TASKS = {
    "tiny": Task(shape=(1, 28, 28), classes=10),
    "small": Task(shape=(3, 32, 32), classes=10),
}
"""Tasks for which the sizes of the suite's own presets are listed: images as in mnist5k and CIFAR-10."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """The size of a preset for one shape of images.

    Attributes:
        selector: the method with its preset, as `zoo.parse` reads it.
        shape: (C, H, W) of an image.
        classes: number of classes K.
        parameters: distinct learnable numbers.
        macs: nominal multiply-accumulates of one image.
        units: number of units U.
        linear: multiply-accumulates of one image in linear layers; None unless a published figure leaves them out.
        version: hash of the code and the parameters that it was counted with; 12 hexadecimal digits.
    """

    selector: str
    shape: tuple[int, int, int]
    classes: int
    parameters: int
    macs: int
    units: int
    linear: int | None
    version: str

    @property
    def key(self) -> Key:
        """The key of the row: selector, shape, classes."""
        return self.selector, self.shape, self.classes


Key = tuple[str, tuple[int, int, int], int]


def size(selector: zoo.Selector, task: Task | None = None) -> zoo.Size:
    """The result of `zoo.size_of`: the stored size if it is current, otherwise counted now.

    Args:
        selector: of a network; without a preset, `tiny`.
        task: shape and classes; without one, the task that the preset was published for.

    Raises:
        UnknownName: no such method, preset or parameter.
        ValueError: the task or a parameter does not fit the network.
    """
    row = _current_row(selector, task)
    if row is None:
        return zoo.size_of(selector, task)
    return zoo.Size(parameters=row.parameters, macs=row.macs, units=row.units)


def linear_macs(selector: zoo.Selector) -> int:
    """The result of `zoo.sizing.published_sizes.linear_macs`, stored or counted as in `size`.

    Raises:
        UnknownName: no such method, preset or parameter.
        ValueError: a parameter does not fit the network.
    """
    row = _current_row(selector, None)
    return published_sizes.linear_macs(selector) if row is None or row.linear is None else row.linear


def version_of(selector: zoo.Selector) -> str:
    """Hash of the code and the parameters that a network's size depends on; 12 hexadecimal digits.

    Raises:
        UnknownName: no such method or preset.
    """
    code = code_hashes([zoo.method(selector.name).network.__module__, COUNTING])
    text = json.dumps([code, zoo.parameters_of(selector)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def listed_presets() -> list[tuple[zoo.Selector, Task]]:
    """Every preset with the task for which its size is listed, sorted."""
    wanted = {}
    for name in zoo.list_methods():
        for preset, facts in zoo.method(name).presets.items():
            selector, task = zoo.Selector(name, preset), SUITE_TASKS.get(preset, facts.task)
            wanted[_key(selector, task)] = selector, task
    return [wanted[key] for key in sorted(wanted)]


def count(selector: zoo.Selector, task: Task) -> Row:
    """Count a preset now.

    Raises:
        UnknownName: no such method or preset.
        ValueError: the task does not fit the network.
    """
    counted = zoo.size_of(selector, task)
    official = zoo.method(selector.name).official.get(selector.preset or "tiny")
    leaves_linear_out = official is not None and official.convolutions is not None
    return Row(
        selector=str(selector),
        shape=task.shape,
        classes=task.classes,
        parameters=counted.parameters,
        macs=counted.macs,
        units=counted.units,
        linear=published_sizes.linear_macs(selector) if leaves_linear_out else None,
        version=version_of(selector),
    )


def recount() -> tuple[int, int]:
    """Count every preset and write `FILE`; the number of rows changed, added or removed, and the number of all rows.

    Raises:
        ValueError: the suite is an installed package, whose files must not be changed.
    """
    if not (FILE.parents[2] / "pyproject.toml").is_file():
        raise ValueError(f"{FILE} belongs to an installed package; recount in a checkout of the repository")
    before = stored()
    rows = [count(selector, task) for selector, task in listed_presets()]
    after = {row.key: row for row in rows}
    lines = ",\n".join(json.dumps(asdict(row)) for row in rows)
    with replacing(FILE) as temporary:
        temporary.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    _read.cache_clear()
    return sum(before.get(key) != after.get(key) for key in before.keys() | after.keys()), len(rows)


def stored() -> Mapping[Key, Row]:
    """The rows of `FILE`, current or not; none if the file is missing or cannot be read."""
    return _read(FILE)


@cache
def _read(path: Path) -> Mapping[Key, Row]:
    try:
        rows = [Row(**{**values, "shape": tuple(values["shape"])}) for values in json.loads(path.read_bytes())]
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    return {row.key: row for row in rows}


def _current_row(selector: zoo.Selector, task: Task | None) -> Row | None:
    facts = zoo.method(selector.name).presets.get(selector.preset or "tiny")
    row = stored().get(_key(selector, task or facts.task)) if facts else None
    return row if row and row.version == version_of(selector) else None


def _key(selector: zoo.Selector, task: Task) -> Key:
    chosen = zoo.Selector(selector.name, selector.preset or "tiny", selector.parameters)
    return str(chosen), task.shape, task.classes
