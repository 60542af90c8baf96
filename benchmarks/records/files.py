"""Atomic writing of files, and digests that show whether a file is still what was written.

A file is written under a temporary name and renamed. Text files end with a seal: the SHA-256 of everything before it.
The digests of a record's files are in its manifest (`benchmarks.records.record`).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

SEAL = "# sha256: "
"""Start of the last line of a sealed text file."""
UNSEALED = 64 * "0"
"""In the place of a JSON file's digest while it is computed."""
DAMAGED_MARK = ".damaged-"
"""Part of the name of every damaged file or folder that was put aside."""


class StoreError(RuntimeError):
    """A record that cannot be read; the message is one line that names the file."""


class Damaged(StoreError):
    """A file whose content is not what was written.

    Attributes:
        path: of the file.
        reason: how the damage was detected.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} is damaged: {' '.join(reason.split())}")
        self.path = path
        self.reason = reason

    def __reduce__(self) -> tuple[type[Damaged], tuple[Path, str]]:
        """Pickle the error, to send it from a worker to the driver."""
        return type(self), (self.path, self.reason)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that replaces it when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def sha256(content: bytes) -> str:
    """SHA-256 of bytes, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def put_aside(path: Path) -> Path:
    """Rename a damaged file or folder, so that it is not read again; the new path."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    return path.rename(path.with_name(f"{path.name}{DAMAGED_MARK}{moment}"))


def write_text(path: Path, text: str) -> None:
    """Write a text file in one step, with its seal as the last line."""
    body = text if text.endswith("\n") else f"{text}\n"
    with replacing(path) as temporary:
        temporary.write_bytes(f"{body}{SEAL}{sha256(body.encode())}\n".encode())


def read_text(path: Path) -> str:
    """Read a sealed text file, without its seal.

    Raises:
        StoreError: it is missing.
        Damaged: its seal is missing or does not match.
    """
    content = read_bytes(path)
    body, seal, digest = content.rpartition(SEAL.encode())
    if not seal:
        raise Damaged(path, "its last line, the SHA-256 of the others, is missing")
    if digest.decode(errors="replace") != f"{sha256(body)}\n":
        raise Damaged(path, "its SHA-256 is not the one that its last line gives")
    return body.decode()


def write_yaml(path: Path, values: Mapping[str, Any]) -> None:
    """Write a YAML mapping in one step, sealed."""
    write_text(path, to_yaml(values))


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a sealed YAML mapping.

    Raises:
        StoreError: it is missing or damaged.
    """
    return parse(path, read_text(path), from_yaml)


def to_yaml(values: Mapping[str, Any]) -> str:
    """A mapping of plain values as readable YAML."""
    text: str = yaml.dump(dict(values), Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=110)
    return text


def from_yaml(text: str) -> Any:
    """Plain values from YAML, by libyaml if it is installed, which is ten times faster."""
    return yaml.load(text, Loader=_LOADER)


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def parse(path: Path, text: str, parser: Callable[[str], Any]) -> dict[str, Any]:
    """Parse a text that holds a mapping.

    Raises:
        Damaged: it does not.
    """
    try:
        values = parser(text)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise Damaged(path, str(error)) from error
    if not isinstance(values, dict):
        raise Damaged(path, "it holds no mapping")
    return values


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a JSON object in one step; its last member `sha256` is the digest of the file with zeros in its place."""
    with replacing(path) as temporary:
        temporary.write_bytes(_sealed_json(values))


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object that `write_json` wrote.

    Raises:
        StoreError: it is missing.
        Damaged: it is not an object, or its digest does not match.
    """
    content = read_bytes(path)
    values = parse(path, content.decode(errors="replace"), json.loads)
    seal = values.pop("sha256", None)
    if not _is_sealed(content, seal) and content != _sealed_before(values):
        raise Damaged(path, "its SHA-256 is not the one that it gives")
    return values


def _sealed_json(values: Mapping[str, Any]) -> bytes:
    content = f"{json.dumps({**values, 'sha256': UNSEALED}, indent=1)}\n".encode()
    before, _, after = content.rpartition(UNSEALED.encode())
    return before + sha256(content).encode() + after


def _is_sealed(content: bytes, seal: object) -> bool:
    if not isinstance(seal, str) or len(seal) != len(UNSEALED):
        return False
    before, _, after = content.rpartition(seal.encode())
    return sha256(before + UNSEALED.encode() + after) == seal


def _sealed_before(values: Mapping[str, Any]) -> bytes:
    """What was written before the digest was that of the bytes: one of the sorted values, slow to check."""
    seal = sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode())
    return f"{json.dumps({**values, 'sha256': seal}, indent=1)}\n".encode()


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        StoreError: it is missing or cannot be read.
    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StoreError(f"{path} is missing") from error
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error}") from error


def study_file(root: Path) -> Path:
    """The file of the study that a directory of results belongs to.

    Raises:
        StoreError: it is missing.
    """
    if not root.is_dir():
        raise StoreError(f"{root} is missing: no study has been run there")
    path = root / "study.yaml"
    if not path.exists():
        raise StoreError(f"{root} holds no results: {path.name} is missing")
    return path
