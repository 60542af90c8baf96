"""Gzip files read whole or not at all."""

from __future__ import annotations

import gzip
import zlib

from benchmarks.data.contract import DataCorrupt


def inflate(compressed: bytes, name: object) -> bytes:
    """Decompress; gzip's checksum and length are verified.

    Args:
        compressed: all bytes of a gzip file.
        name: of the file, for the message.

    Raises:
        DataCorrupt: truncated, damaged, or not gzip.
    """
    try:
        return gzip.decompress(compressed)
    except (OSError, EOFError, zlib.error) as error:
        raise DataCorrupt(f"{name} is damaged: {error}") from error
