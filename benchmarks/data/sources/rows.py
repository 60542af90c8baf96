"""Encoded images in the rows of parquet files, or of any table of Arrow."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
from PIL import Image

from benchmarks.data.contract import DataCorrupt
from benchmarks.data.sources.kept import keep, key_of, place_of

IN_MEMORY = 256 << 20
"""Bytes of parquet files up to which a column of images is held in memory; larger ones are mapped from a kept copy."""
ROWS = 1_000
"""Rows of a batch in that copy."""


class ArrowRows:
    """Images of a column of a table in memory.

    Args:
        column: bytes, or structs with a field `bytes`.
        name: of the table, for messages.
    """

    def __init__(self, column: pa.ChunkedArray, name: str) -> None:
        self._column = encoded_bytes(column)
        self._name = name

    def __len__(self) -> int:
        return len(self._column)

    def open(self, position: int) -> Image.Image:
        """See `Images.open`."""
        return open_bytes(self._column, position)

    def place(self, position: int) -> str:
        """See `Images.place`."""
        return f"{self._name}, row {position}"


class ParquetRows:
    """Images of a column of parquet files, read when the first image is.

    Args:
        files: read one after another.
        column: name of the column.
        digest: of the files' contents.
    """

    def __init__(self, files: Sequence[Path], column: str, digest: str) -> None:
        self._files, self._name, self._digest = tuple(files), column, digest
        self._ends: list[int] = [*accumulate(opened(file).metadata.num_rows for file in files)]

    def __len__(self) -> int:
        return self._ends[-1]

    def open(self, position: int) -> Image.Image:
        """See `Images.open`."""
        return open_bytes(self._column, position)

    def place(self, position: int) -> str:
        """See `Images.place`; rows of a file are counted from 0."""
        number = bisect_right(self._ends, position)
        row = position - (self._ends[number - 1] if number else 0)
        return f"{self._files[number]}, row {row}, column {self._name}"

    @cached_property
    def _column(self) -> pa.ChunkedArray:
        if sum(file.stat().st_size for file in self._files) <= IN_MEMORY:
            return self._read()
        place = place_of(key_of("encoded", self._digest, self._name), ".arrow")
        if not place.is_file() and not keep(place, self._write):
            return self._read()
        with pa.memory_map(str(place)) as mapped:
            return pa.ipc.open_file(mapped).read_all().column(0)

    def _read(self) -> pa.ChunkedArray:
        return pa.chunked_array([*self._batches()], type=pa.large_binary())

    def _write(self, path: Path) -> None:
        schema = pa.schema([("bytes", pa.large_binary())])
        with pa.ipc.new_file(str(path), schema) as copy:
            for batch in self._batches():
                copy.write_batch(pa.record_batch([batch], schema=schema))

    def _batches(self) -> Iterator[pa.Array]:
        for file in self._files:
            try:
                for batch in opened(file).iter_batches(ROWS, columns=[self._name]):
                    column = encoded_bytes(pa.chunked_array([batch.column(0)]))
                    yield column.cast(pa.large_binary()).combine_chunks()
            except (pa.ArrowException, OSError) as error:
                raise unreadable(file, error) from error


def opened(file: Path) -> pq.ParquetFile:
    """A parquet file.

    Raises:
        DataCorrupt: it is none.
    """
    try:
        return pq.ParquetFile(file)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(file, error) from error


def unreadable(file: Path, error: Exception) -> DataCorrupt:
    """A file that is no parquet file, or a damaged one."""
    return DataCorrupt(f"{file} cannot be read as parquet: {error}; it may have been copied in part: get it again")


def encoded_bytes(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The bytes of each image."""
    return pa.compute.struct_field(column, "bytes") if pa.types.is_struct(column.type) else column


def open_bytes(column: pa.ChunkedArray, position: int) -> Image.Image:
    """The image of a row; raises one of `images.DAMAGE` where there is none."""
    content = column[position].as_buffer()
    if content is None:
        raise ValueError("it has no bytes; images that are named by a path only are not read")
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        return image
