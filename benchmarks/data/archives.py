"""Data sets whose files torchvision fetches and reads: errors that tell missing from corrupt."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from benchmarks.data.contract import DataCorrupt, DataMissing

Opened = TypeVar("Opened")

PYTHON_2_PICKLES = r"dtype\(\): align should be passed"
"""What NumPy 2.4.0 to 2.4.4 remark upon CIFAR's files (github.com/numpy/numpy/pull/31211)."""


def require_root(name: str, data_root: Path | None, needed: str = "") -> Path:
    """The data root.

    Args:
        name: of the data set.
        data_root: None where there is none.
        needed: what has to be in the data root DIR, of a data set that cannot be downloaded.

    Raises:
        DataMissing: there is none.
    """
    if data_root is None:
        hint = f"needed: {needed}" if needed else _download_hint(name)
        raise DataMissing(f"{name} is read from a folder: give --data-root DIR or set ROUTEBENCH_DATA ({hint})")
    return data_root


def open_archive(
    name: str, opener: Callable[[], Opened], files: Mapping[Path, str], *, download: bool, own: str = ""
) -> Opened:
    """Call torchvision, and explain its failure.

    Any exception except lack of memory means bad files: torchvision, pickle and scipy raise types of their own.

    Args:
        name: of the data set.
        opener: makes the torchvision data sets.
        files: what they read, and the MD5 of each.
        download: whether the opener downloads.
        own: selector that reads other files in this format, where there is one.

    Raises:
        DataMissing: a file is not there.
        DataCorrupt: a file is not the published one, or cannot be read.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=PYTHON_2_PICKLES)
            return opener()
    except MemoryError:
        raise
    except Exception as error:
        raise _explain(name, files, error, download, own) from error


def _explain(
    name: str, files: Mapping[Path, str], error: Exception, download: bool, own: str
) -> DataMissing | DataCorrupt:
    absent = [file for file in files if not file.is_file()]
    if absent:
        hint = f"the download failed: {error}" if download else _download_hint(name)
        return DataMissing(f"{name}: {absent[0]} is not there ({hint})")
    for file, md5 in files.items():
        if hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest() != md5:
            return DataCorrupt(
                f"{name}: {file} is damaged or not as published: its MD5 differs. "
                f"{f'Data of your own in this format: {own}. ' if own else ''}"
                f"The published ones: move this file away, then {name}[download=True]"
            )
    return DataCorrupt(f"{name}: cannot read {', '.join(str(file) for file in files)}: {error}")


def _download_hint(name: str) -> str:
    return f"{name}[download=True] downloads it there"
