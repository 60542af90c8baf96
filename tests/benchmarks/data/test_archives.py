"""What becomes of warnings and exceptions of the libraries that read files."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from benchmarks.data import DataCorrupt, DataMissing
from benchmarks.data.archives import open_archive


def warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=2)


def test_the_remark_upon_python_2_is_silenced() -> None:
    def remark() -> str:
        warn("dtype(): align should be passed as bool")
        return "opened"

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_archive("x", remark, {}, download=False) == "opened"


def test_other_warnings_are_not_silenced() -> None:
    with pytest.warns(UserWarning, match="something else"):
        open_archive("x", lambda: warn("something else"), {}, download=False)


def test_want_of_memory_is_not_a_damaged_file() -> None:
    def exhaust() -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        open_archive("x", exhaust, {}, download=False)


def test_the_first_absent_file_is_named_before_a_damaged_one(tmp_path: Path) -> None:
    def fail() -> None:
        raise RuntimeError("Dataset not found or corrupted")

    (tmp_path / "damaged").touch()
    files = {tmp_path / "damaged": "sum", tmp_path / "absent": "sum"}
    with pytest.raises(DataMissing, match="absent is not there"):
        open_archive("x", fail, files, download=False)


def test_the_exception_of_a_library_is_quoted_and_kept_as_the_cause(tmp_path: Path) -> None:
    def fail() -> None:
        raise KeyError("labels")

    with pytest.raises(DataCorrupt, match="x: cannot read : 'labels'") as caught:
        open_archive("x", fail, {}, download=False)
    assert isinstance(caught.value.__cause__, KeyError)
