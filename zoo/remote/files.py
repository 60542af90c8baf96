"""Files below a URL, on any file system that fsspec knows; whatever goes wrong there is one line that names the URL."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
BUCKETS = frozenset(("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oci", "oss"))
"""Protocols of object stores: an object is there as a whole or not at all, and its folder need not exist."""
PASSWORD = re.compile(r"(:/+[^/\s@:]*):[^/\s]*@")
"""In a URL, or in a path that was made of one: the user, and the password, in which there may be another @."""
WHOLE = BUCKETS | {"memory"}
"""Protocols with such objects. Elsewhere a file is written under another name, and renamed when it is whole."""
TAGS = ("ETag", "etag", "md5Hash", "generation", "mtime", "modified", "created")
"""Fields by which fsspec's file systems tell two versions of a file apart, the best first."""
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
S3_SETTINGS = {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 3, "mode": "standard"}}
"""Of botocore: a store that does not answer is given up in about a minute."""


class RemoteError(OSError):
    """A store that cannot be used, or that holds no study; the message is one line that names the URL."""


def is_url(place: str) -> bool:
    """Whether a place is a URL, and not a path."""
    return "://" in place


def split_url(url: str) -> tuple[str, str]:
    """Protocol and path of a URL, without slashes at the end.

    Raises:
        RemoteError: it is no URL of one file system, has no path, or one that leads to another folder.
    """
    found = SCHEME.fullmatch(url)
    if found is None or "::" in url or any(ord(letter) < 32 for letter in url):
        raise RemoteError(f"{shown(url)!r} is no URL; valid: PROTOCOL://PATH, as in s3://bucket/runs")
    protocol, path = found[1].lower(), found[2].rstrip("/")
    if not path:
        raise RemoteError(f"{shown(url)} names no place; valid: PROTOCOL://PATH, as in s3://bucket/runs")
    plain = path if protocol in BUCKETS else path.removeprefix("/")
    for part in plain.split("/"):
        if part in ("", ".", ".."):
            valid = "PROTOCOL://PATH, of plain names, as in s3://bucket/runs"
            raise RemoteError(f"{shown(url)} has the part {part!r} in its path; valid: {valid}")
    return protocol, path


def shown(text: str) -> str:
    """A URL, or a text with URLs, for people: without passwords."""
    return PASSWORD.sub(r"\1:***@", text)


def without_password(url: str) -> str:
    """A URL as it would be without its password."""
    return PASSWORD.sub(r"\1@", url)


def endpoint() -> str:
    """The address of the S3 store that the environment names; empty for Amazon's."""
    return next((os.environ[name] for name in ENDPOINTS if os.environ.get(name)), "")


class RemoteFiles:
    """Files below a URL, by their path relative to it.

    Args:
        url: of the folder.
        own: whether the connection is not shared with other objects: for use in another thread.

    Raises:
        RemoteError: no such protocol, or its package is not installed.
    """

    def __init__(self, url: str, *, own: bool = False) -> None:
        self._protocol, path = split_url(url)
        self.url = shown(f"{self._protocol}://{path}")
        with self._told():
            self._fs, base = _connected(self._protocol, f"{self._protocol}://{path}", own=own)
        self._base = base.rstrip("/")

    def listing(self, below: str = "") -> dict[str, str]:
        """Every file with the tag of its version; empty where a store does not tell versions apart.

        Args:
            below: folder to look in.

        Raises:
            RemoteError: the store cannot be used, or has not that bucket.
        """
        with self._told():
            self._fs.invalidate_cache()
            try:
                found = self._fs.find(self._path(below), detail=True, **_told_of_errors(self._fs))
            except FileNotFoundError as error:
                bucket = self._base.partition("/")[0]
                if self._protocol in BUCKETS and not self._fs.exists(bucket):
                    raise RemoteError(f"{self.url}: there is no bucket {bucket!r}") from error
                return {}
        start = f"{self._base}/"
        names = {path.removeprefix(start): _tag(info) for path, info in found.items() if path.startswith(start)}
        return {name: tag for name, tag in names.items() if _is_plain(name)}

    def tag(self, name: str) -> str | None:
        """The tag of a file's version, as in `listing`; None if there is no such file."""
        with self._told():
            self._fs.invalidate_cache()
            try:
                info = self._fs.info(self._path(name))
            except FileNotFoundError:
                return None
        return _tag(info) if info["type"] == "file" else None

    def read(self, name: str) -> bytes | None:
        """The content of a small file; None if there is none."""
        with self._told():
            try:
                content: bytes = self._fs.cat_file(self._path(name))
            except FileNotFoundError:
                return None
        return content

    def fetch(self, name: str, to: Path) -> bool:
        """Copy a file to a path here; whether there is one."""
        with self._told():
            try:
                self._fs.get_file(self._path(name), str(to))
            except FileNotFoundError:
                return False
        return True

    def send(self, path: Path, name: str) -> None:
        """Replace a file by one that is here; see `_replacing`."""
        with self._told(), self._replacing(name) as place:
            self._fs.put_file(str(path), place)

    def write(self, name: str, content: bytes) -> None:
        """Replace a small file; see `_replacing`."""
        with self._told(), self._replacing(name) as place:
            self._fs.pipe_file(place, content)

    def create(self, name: str, content: bytes) -> bool:
        """Write a small file if there is none; whether it was written.

        Not every store refuses the second of two that do so at once, and a reader may find a file that is still empty.
        """
        place = self._path(name)
        with self._told():
            try:
                if self._protocol in WHOLE:
                    self._fs.pipe_file(place, content, mode="create")
                else:
                    self._fs.makedirs(self._fs._parent(place), exist_ok=True)
                    with self._fs.open(place, "xb") as file:
                        file.write(content)
            except FileExistsError:
                return False
        return True

    def remove(self, name: str) -> None:
        """Remove a file, if there is one."""
        with self._told(), suppress(FileNotFoundError):
            self._fs.rm_file(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._base}/{name}" if name else self._base

    @contextmanager
    def _replacing(self, name: str) -> Iterator[str]:
        """Where to write a file: itself on an object store, elsewhere a temporary name that is then renamed.

        On an object store, on disks of this machine and by SFTP that is one step: a reader finds the old file or the
        new one. Where fsspec knows no renaming it copies, and a reader may find a part.
        """
        place = self._path(name)
        if self._protocol in WHOLE:
            yield place
            return
        folder = self._fs._parent(place)
        self._fs.makedirs(folder, exist_ok=True)
        temporary = f"{folder}/.{place.rpartition('/')[2]}.{secrets.token_hex(4)}.tmp"
        try:
            yield temporary
            self._fs.mv(temporary, place)
        except BaseException:
            with suppress(Exception):  # what failed is said, not that its leavings could not be removed
                self._fs.rm_file(temporary)
            raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the many libraries raise into one kind of error."""
        try:
            yield
        except (FileNotFoundError, FileExistsError) as error:
            raise RemoteError(f"{self.url}: {_line(error)}") from error
        except RemoteError:
            raise
        except PermissionError as error:
            raise RemoteError(f"{self.url}: no permission: {_line(error)}") from error
        except NotImplementedError as error:
            raise RemoteError(f"{self.url}: {self._protocol}:// cannot do this; it may be for reading only") from error
        except Exception as error:
            raise RemoteError(f"{self.url} cannot be used: {type(error).__name__}: {_line(error)}") from error


def _connected(protocol: str, url: str, *, own: bool) -> tuple[Any, str]:
    """A file system of fsspec, and the URL's path in it."""
    from fsspec.core import url_to_fs
    from fsspec.registry import available_protocols

    if protocol not in available_protocols():
        known = "s3, gs, abfs, sftp, file, and those of installed packages of fsspec"
        raise RemoteError(f"{shown(url)}: the protocol {protocol}:// is not known; valid: {known}")
    options: dict[str, Any] = {"use_listings_cache": False, "skip_instance_cache": own}
    if protocol in ("s3", "s3a"):
        options |= {"config_kwargs": S3_SETTINGS, "endpoint_url": endpoint() or None}
    try:
        fs, path = url_to_fs(url, **options)
    except ImportError as error:
        extra = "install s3fs, as by pip install 'routebench[s3]'" if protocol in ("s3", "s3a") else _line(error)
        raise RemoteError(f"{shown(url)}: {protocol}:// needs a package that is not installed: {extra}") from error
    return fs, str(path)


def _line(error: BaseException) -> str:
    return shown(" ".join(str(error).split())) or type(error).__name__


def _told_of_errors(fs: Any) -> dict[str, Any]:
    """Options of `find`, where that is fsspec's own: it leaves out folders that cannot be read, unless it is asked."""
    from fsspec.asyn import AsyncFileSystem
    from fsspec.spec import AbstractFileSystem

    kind = type(fs)
    own = kind._find is AsyncFileSystem._find if hasattr(kind, "_find") else kind.find is AbstractFileSystem.find
    return {"on_error": _not_missing} if own else {}


def _not_missing(error: OSError) -> None:
    """A folder that is gone while others are listed is no error; any other is."""
    if not isinstance(error, FileNotFoundError):
        raise error


def _tag(info: Mapping[str, Any]) -> str:
    """What tells two versions of a file apart; empty where a store has whole seconds only, in which both may be."""
    for name in TAGS:
        value = info.get(name)
        if value is None:
            continue
        if hasattr(value, "timestamp"):
            value = value.timestamp()
        if isinstance(value, int | float) and name != "generation" and float(value).is_integer():
            return ""
        return f"{info.get('size')} {value} {info.get('ino', '')}".strip()
    return ""


def _is_plain(name: str) -> bool:
    """Whether a name leads below the folder, to a file that is neither hidden nor on its way to another name."""
    parts = name.split("/")
    return bool(name) and not parts[-1].startswith(".") and not {"", ".", ".."} & set(parts) and "\\" not in name
