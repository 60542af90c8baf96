"""Which columns of a table hold images and labels, and what the classes are called."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from benchmarks.data.contract import DataCorrupt
from benchmarks.data.sources.labels import by_value, named
from benchmarks.data.splitting import Labels
from zoo.plugins import unknown

METADATA = b"huggingface"
"""Where the library `datasets` writes its features into a schema."""
LABEL_NAMES = ("label", "labels", "class", "target", "fine_label", "y")
"""Names of a column of labels, where types leave several; the first that is there counts."""


def features_of(schema: pa.Schema) -> dict[str, dict[str, Any]]:
    """The features that the library `datasets` wrote into a schema, by column; empty where it did not."""
    try:
        stored = json.loads((schema.metadata or {}).get(METADATA, b"{}"))
        features = stored.get("info", {}).get("features", {})
        return {name: kind for name, kind in features.items() if isinstance(kind, dict)}
    except (ValueError, AttributeError):
        return {}


def image_column(schema: pa.Schema, given: str, place: str) -> str:
    """The column of encoded images: the given one, or the only one of such a type.

    Args:
        schema: of the table.
        given: name, or empty.
        place: of the table, for messages.

    Raises:
        DataCorrupt: no such column, none or several that could be it, or one of another type; lists the columns.
    """
    found: list[str] = [field.name for field in schema if _holds_images(field.type)]
    if given:
        _check_there(schema, given, place, "image")
        if given not in found:
            raise DataCorrupt(
                f"{place}: column {given} is {schema.field(given).type}, no encoded images; {_are(schema)}"
            )
        return given
    if len(found) != 1:
        which = f"several columns may hold the images, {' and '.join(found)}" if found else "no column holds images"
        raise DataCorrupt(f"{place}: {which}; say which with image=COLUMN; {_are(schema)}")
    return found[0]


def label_column(schema: pa.Schema, given: str, place: str) -> str:
    """The column of labels, likewise: whole numbers, words or truth values."""
    if given:
        _check_there(schema, given, place, "label")
        if not _holds_labels(schema.field(given).type):
            raise DataCorrupt(f"{place}: column {given} is {schema.field(given).type}, no labels; {_are(schema)}")
        return given
    found = [field.name for field in schema if _holds_labels(field.type)]
    classes = [name for name, kind in features_of(schema).items() if kind.get("_type") == "ClassLabel"]
    for chosen in ([name for name in classes if name in found], found):
        if len(chosen) == 1:
            return chosen[0]
    named = [name for name in LABEL_NAMES if name in found]
    if len(classes) > 1 or not named:
        which = f"several columns may hold the labels, {' and '.join(found)}" if found else "no column holds labels"
        raise DataCorrupt(f"{place}: {which}; say which with label=COLUMN; {_are(schema)}")
    return named[0]


def class_names(schema: pa.Schema, label: str) -> tuple[str, ...] | None:
    """Names of the classes, in label order, from the schema's metadata; None where it has none."""
    names = features_of(schema).get(label, {}).get("names")
    return tuple(map(str, names)) if isinstance(names, list) else None


def encode_labels(
    columns: Sequence[tuple[str, pa.ChunkedArray]], names: tuple[str, ...] | None
) -> tuple[tuple[str, ...], list[Labels]]:
    """Names of the classes, and the labels of each part as their positions.

    Args:
        columns: place, for messages, and values of each part.
        names: of the classes, where labels are positions in them; None: each different value is a class, in order.

    Raises:
        DataCorrupt: a value is missing or no position in the names; names its row.
    """
    for place, column in columns:
        if column.null_count:
            raise DataCorrupt(f"{place}, row {_first(column.is_null())} has no label")
    if names is None:
        return by_value([column.to_numpy() for _, column in columns])
    return names, [named(place, column.to_numpy(), names) for place, column in columns]


def _holds_images(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        fields = [kind.field(position) for position in range(kind.num_fields)]
        return any(field.name == "bytes" and _is_binary(field.type) for field in fields)
    return _is_binary(kind)


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _holds_labels(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _holds_labels(kind.value_type)
    tests = (pa.types.is_integer, pa.types.is_string, pa.types.is_large_string, pa.types.is_boolean)
    return any(test(kind) for test in tests)


def _check_there(schema: pa.Schema, name: str, place: str, option: str) -> None:
    if name not in schema.names:
        raise DataCorrupt(f"{place}: {option}: {unknown('column', name, schema.names)}")


def _are(schema: pa.Schema) -> str:
    return "columns: " + ", ".join(f"{field.name} ({_short(field.type)})" for field in schema)


def _short(kind: pa.DataType) -> str:
    return "struct" if pa.types.is_struct(kind) else str(kind)


def _first(mask: Iterable[Any]) -> int:
    return next(row for row, value in enumerate(mask) if value.as_py())
