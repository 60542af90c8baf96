"""Names of a study's classes: results have the numbers of classes alone, and a page is built without the data."""

from __future__ import annotations

from pathlib import Path

from benchmarks.data import Dataset
from benchmarks.records.files import Damaged, read_json, write_json
from benchmarks.records.identity import data_key

CLASSES = "classes.json"
"""The file of a study's directory that has them."""


def write_class_names(root: Path, dataset: Dataset) -> None:
    """Write the names of a data set's classes into a study's directory, and of which data they are."""
    write_json(root / CLASSES, {"data": data_key(dataset), "classes": list(dataset.info.classes)})


def read_class_names(root: Path, data: str) -> tuple[str, ...]:
    """The names of the classes of these data, in the order of their numbers; empty where the study does not say.

    Args:
        root: the study's directory.
        data: as `benchmarks.records.identity.data_key` has it.

    Raises:
        Damaged: the file is not what was written; the message names it.
    """
    path = root / CLASSES
    if not path.exists():
        return ()
    facts = read_json(path)
    names = facts.get("classes")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Damaged(path, "classes: not a list of names")
    return tuple(names) if facts.get("data") == data else ()
