"""Data sets of Hugging Face's hub, through the library `datasets` where it is installed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.data.catalogue import dataset
from benchmarks.data.contract import DataMissing, Dataset
from benchmarks.data.description import Description
from benchmarks.data.sources.assembling import About, assemble
from benchmarks.data.sources.options import AUGMENTATION, DECODING, PIXELS, SPLITS, TYPES, checked
from benchmarks.data.sources.parts import WORDS, part_of
from benchmarks.data.sources.source import Part, Source

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "huggingface"


@dataset(
    Description(
        name=NAME,
        title="Hugging Face",
        shape=None,
        classes=None,
        source="a repository of huggingface.co, as repository=OWNER/NAME; needs the library datasets and the network",
        options={
            "repository": "",
            "configuration": "",
            "image": "",
            "label": "",
            **SPLITS,
            **PIXELS,
            **AUGMENTATION,
            **DECODING,
        },
        types=TYPES,
    ),
    order=15,
)
def read_huggingface(data_root: Path | None, options: Mapping[str, object]) -> Dataset:
    """Images of a repository; splits that are no part of train, validation or test are left out.

    Raises:
        ValueError: no repository, or an option out of range.
        DataMissing: the library is not installed, or the repository cannot be had.
        DataCorrupt: it has no such columns, or an image is damaged.
    """
    repository = str(options["repository"])
    chosen = checked(NAME, options)
    if not repository:
        raise ValueError(f"{NAME}: say which repository: {NAME}[repository=OWNER/NAME]")
    splits = _fetched(repository, str(options["configuration"]))
    source = _source(splits, repository, str(options["image"]), str(options["label"]))
    return assemble(
        source, chosen, About(NAME, f"{repository} of Hugging Face", f"huggingface.co/datasets/{repository}")
    )


def _fetched(repository: str, configuration: str) -> dict[str, Any]:
    """Splits of a repository by part."""
    try:
        import datasets
    except ImportError as error:
        raise DataMissing(
            f"{NAME} needs the library datasets: pip install datasets; or download the parquet files of the repository "
            "and read them with parquet[path=DIR]"
        ) from error
    try:
        found = datasets.load_dataset(repository, configuration or None)
    except MemoryError:
        raise
    except Exception as error:  # of the library, of the hub and of the network
        raise DataMissing(
            f"{NAME}: {repository} cannot be had: {error}; parquet files on disk are read by parquet[path=DIR]"
        ) from error
    parts = {part_of(name): split for name, split in found.items()}
    return {part: parts[part] for part in WORDS if part in parts}


def _source(splits: Mapping[str, Any], repository: str, image: str, label: str) -> Source:
    # pyarrow is not needed to list data sets
    from benchmarks.data.sources.columns import class_names, encode_labels, image_column, label_column
    from benchmarks.data.sources.rows import ArrowRows, encoded_bytes

    if not splits:
        raise DataMissing(f"{NAME}: {repository} has no split whose name says train, validation or test")
    schema = next(iter(splits.values())).features.arrow_schema
    image, label = image_column(schema, image, repository), label_column(schema, label, repository)
    tables = {part: split.select_columns([image, label]).with_format("arrow")[:] for part, split in splits.items()}
    columns = [(f"{repository}, {part}", table[label]) for part, table in tables.items()]
    classes, labels = encode_labels(columns, class_names(schema, label))
    parts = {
        part: Part(ArrowRows(table[image], f"{repository}, {part}"), own)
        for (part, table), own in zip(tables.items(), labels, strict=True)
    }
    sha = hashlib.sha256()
    for table in tables.values():
        _add(sha, encoded_bytes(table[image]))
    return Source(parts=parts, classes=classes, digest=sha.hexdigest(), files=())


def _add(sha: Any, column: pa.ChunkedArray) -> None:
    """Hash the images of a column, each with its length."""
    for value in column:
        content = value.as_buffer() or b""
        sha.update(len(content).to_bytes(8, "little"))
        sha.update(content)
