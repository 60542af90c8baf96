"""Decoded pixels that are kept: whole or not at all, and never those of other bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.data.sources.fitting import Fit
from benchmarks.data.sources.images import PixelImages
from benchmarks.data.sources.kept import NotKept, keep, kept_numbers, key_of, place_of
from benchmarks.data.sources.pixels import decode_once, kept_pixels

FIT = Fit((1, 8, 8))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "routebench" / "images"


@pytest.fixture
def pixels() -> NDArray[np.uint8]:
    """(20, 8, 8)."""
    return np.arange(20 * 64, dtype=np.uint8).reshape(20, 8, 8)


def test_pixels_are_kept_and_given_back_by_part(pixels: NDArray[np.uint8], cache: Path) -> None:
    parts = [PixelImages(pixels[:15], "a"), PixelImages(pixels[15:], "b")]
    first = decode_once("k", parts, lambda: FIT)
    assert [file.name for file in cache.iterdir()] == ["k.npy"]
    again = decode_once("k", parts, refuse)
    assert [len(part) for part in again] == [15, 5]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


@pytest.mark.parametrize("length", [0, 10, 130, 600])
def test_a_kept_file_that_was_cut_is_made_again(pixels: NDArray[np.uint8], cache: Path, length: int) -> None:
    decode_once("k", [PixelImages(pixels, "a")], lambda: FIT)
    os.truncate(cache / "k.npy", length)
    (again,) = decode_once("k", [PixelImages(pixels, "a")], lambda: FIT)
    assert np.array_equal(again[:, 0], pixels)


def test_another_number_of_images_is_not_taken_for_these(pixels: NDArray[np.uint8]) -> None:
    decode_once("k", [PixelImages(pixels, "a")], lambda: FIT)
    assert len(decode_once("k", [PixelImages(pixels[:7], "a")], lambda: FIT)[0]) == 7


WRITER = """
import sys, time
from benchmarks.data.sources.kept import keep, place_of
def write(path):
    with path.open("wb") as file:
        file.write(b"half")
        file.flush()
        print("writing", flush=True)
        time.sleep(60)
keep(place_of("k", ".npy"), write)
"""


def test_a_process_that_is_killed_leaves_no_half_of_a_file(cache: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(signal.SIGKILL)
    assert kept_pixels("k") is None
    (left,) = cache.iterdir()
    os.utime(left, (0, time.time() - 100_000))
    assert keep(place_of("other", ".npy"), lambda path: path.touch())
    assert [file.name for file in cache.iterdir()] == ["other.npy"]


def test_a_folder_that_takes_no_files_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.warns(NotKept, match="cannot be used to keep decoded images"):
        assert kept_numbers("k", lambda: [[1.0, 2.0]]) == [[1.0, 2.0]]


def test_numbers_are_computed_once_and_again_where_they_were_damaged(cache: Path) -> None:
    assert kept_numbers("k", lambda: [[0.5]]) == [[0.5]]
    assert kept_numbers("k", refuse) == [[0.5]]
    (cache / "k.json").write_text("[[0.")
    assert kept_numbers("k", lambda: [[0.25]]) == [[0.25]]


def test_a_key_depends_on_everything_it_is_made_of() -> None:
    assert len({key_of("a", 1), key_of("a", 2), key_of("b", 1), key_of("a1")}) == 4


def refuse() -> Any:
    raise AssertionError("made again")
