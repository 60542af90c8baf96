"""Sealed JSON files: no byte of them can change unnoticed, and those of earlier versions are read."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.records.files import Damaged, read_json, write_json

VALUES: dict[str, Any] = {"format": 2, "files": {"a b.parquet": 64 * "0", "ü": [1, 2.5, None]}, "jobs": {}, "x": " "}


def sealed_before(values: dict[str, Any]) -> bytes:
    """As files were sealed until November 2026: by the digest of the sorted values."""
    seal = hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return f"{json.dumps({**values, 'sha256': seal}, indent=1)}\n".encode()


@pytest.fixture(params=["now", "before"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "manifest.json"
    if request.param == "now":
        write_json(path, VALUES)
    else:
        path.write_bytes(sealed_before(VALUES))
    return path


def test_values_are_read_back(path: Path) -> None:
    assert read_json(path) == VALUES


def test_the_digest_is_that_of_the_file_with_zeros_in_its_place(tmp_path: Path) -> None:
    write_json(tmp_path / "some.json", VALUES)
    text = (tmp_path / "some.json").read_text()
    seal = json.loads(text)["sha256"]
    assert hashlib.sha256(text.replace(seal, 64 * "0").encode()).hexdigest() == seal


@pytest.mark.parametrize("change", [1, 0x20, 0x80, ord("\n") ^ ord(" ")])
def test_no_byte_can_change_unnoticed(path: Path, change: int) -> None:
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ change]) + content[place + 1 :])
        with pytest.raises(Damaged, match=r"manifest\.json is damaged"):
            read_json(path)


@pytest.mark.parametrize("ending", [b"", b"\n", b" ", b"{}"])
def test_no_byte_can_be_lost_or_added(path: Path, ending: bytes) -> None:
    content = path.read_bytes()
    for changed in (content[:-1] if not ending else content + ending, ending + content if ending else content[1:]):
        path.write_bytes(changed)
        with pytest.raises(Damaged):
            read_json(path)


@pytest.mark.parametrize("seal", [None, "", 7, 64 * "0", {}])
def test_a_seal_that_is_none_is_named(tmp_path: Path, seal: object) -> None:
    path = tmp_path / "some.json"
    path.write_text(f"{json.dumps({**VALUES, 'sha256': seal}, indent=1)}\n")
    with pytest.raises(Damaged, match="its SHA-256 is not the one that it gives"):
        read_json(path)
