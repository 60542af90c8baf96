"""Images and labels of parquet files, as the library `datasets` writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.data.contract import DataCorrupt
from benchmarks.data.digests import digests
from benchmarks.data.sources.columns import class_names, encode_labels, image_column, label_column
from benchmarks.data.sources.kept import key_of
from benchmarks.data.sources.rows import ParquetRows, opened, unreadable
from benchmarks.data.sources.source import Part, Source


def read_tables(files: Mapping[str, Sequence[Path]], *, image: str, label: str) -> Source:
    """Labels, class names and, unread, images of parquet files.

    Args:
        files: by part.
        image: name of the column of images; empty: the only one of such a type.
        label: likewise of labels.

    Raises:
        DataCorrupt: a file cannot be read, or its columns are not these; names it, and the columns that it has.
    """
    listed = [file for part in files.values() for file in part]
    first = opened(listed[0]).schema_arrow
    image = image_column(first, image, str(listed[0]))
    label = label_column(first, label, str(listed[0]))
    columns = [(str(file), _column(file, image, label)) for file in listed]
    classes, labels = encode_labels(columns, class_names(first, label))
    contents = dict(zip(listed, digests(listed), strict=True))
    of_file = dict(zip(listed, labels, strict=True))
    parts = {
        name: Part(
            ParquetRows(part, image, key_of(*(contents[file] for file in part))),
            np.concatenate([of_file[file] for file in part]),
        )
        for name, part in files.items()
    }
    folders = {file.parent for file in listed}
    return Source(parts=parts, classes=classes, digest=key_of(image, *contents.values()), files=(*folders, *listed))


def _column(file: Path, image: str, label: str) -> pa.ChunkedArray:
    """The labels of a file; its images have to be in the same column as those of the first file."""
    table = opened(file)
    image_column(table.schema_arrow, image, str(file))
    label_column(table.schema_arrow, label, str(file))
    try:
        found = table.read(columns=[label]).column(0)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(file, error) from error
    if len(found) == 0:
        raise DataCorrupt(f"{file} has no rows; take it away")
    return found
