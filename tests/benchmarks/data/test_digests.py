"""Files that are hashed once and remembered."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from pathlib import Path

import pytest

from benchmarks.data import digests as remembered
from benchmarks.data.digests import FRESH, NoMemory, digests


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "memory" / "digests.sqlite"


@pytest.fixture
def old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that was not changed lately."""
    path = tmp_path / "image.png"
    path.write_bytes(b"pixels")
    now = time.time()
    monkeypatch.setattr("benchmarks.data.digests.time.time", lambda: now + FRESH + 1)
    return path


def count_hashing(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    seen: list[Path] = []
    real = remembered._hash

    def counted(path: Path) -> str:
        seen.append(path)
        return real(path)

    monkeypatch.setattr(remembered, "_hash", counted)
    return seen


def test_digests_are_those_of_the_bytes_in_order(tmp_path: Path, memory: Path) -> None:
    contents = [b"", b"one", b"two" * 1000]
    paths = [tmp_path / str(number) for number in range(3)]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    assert digests(paths, memory) == [hashlib.sha256(content).hexdigest() for content in contents]


def test_a_file_is_hashed_once(old_file: Path, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = count_hashing(monkeypatch)
    assert digests([old_file], memory) == digests([old_file], memory)
    assert seen == [old_file]


def test_a_file_that_was_changed_is_hashed_again(old_file: Path, memory: Path) -> None:
    before = digests([old_file], memory)
    old_file.write_bytes(b"pixelz")
    os.utime(old_file, ns=(1, 1))  # as if nobody had touched it: the time of the change itself tells
    assert digests([old_file], memory) != before


def test_a_file_changed_a_moment_ago_is_not_remembered(
    tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "fresh"
    path.write_bytes(b"one")
    seen = count_hashing(monkeypatch)
    digests([path], memory)
    digests([path], memory)
    assert seen == [path, path]


def test_a_memory_that_cannot_be_used_is_said_and_costs_time_alone(old_file: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"no database, and no folder")
    for place in (blocked, blocked / "digests.sqlite"):
        with pytest.warns(NoMemory, match="cannot be used to remember digests"):
            assert digests([old_file], place) == [hashlib.sha256(b"pixels").hexdigest()]


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path, memory: Path) -> None:
    with pytest.raises(FileNotFoundError):
        digests([tmp_path / "nowhere"], memory)


def test_several_threads_share_a_memory(old_file: Path, memory: Path) -> None:
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(digests([old_file], memory))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[hashlib.sha256(b"pixels").hexdigest()]] * 8
