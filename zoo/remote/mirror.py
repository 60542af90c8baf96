"""A folder of this machine that mirrors a URL: what is the same in both is not transferred again.

What is there is what counts. What has been transferred is remembered beside the mirror, a small file for each: the
digest, the version there, and size and time of the file here, so that neither has to be read.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from zoo.remote.files import RemoteFiles, endpoint, split_url, without_password

KNOWN = ".known"
"""Folder, beside mirrors, of what was transferred."""
MIRRORS, READ, LOADED = "mirrors", "read", "loaded"
"""Folders of mirrors: those in which runs work, those of commands that only read a study, and those of `zoo.load`."""


@dataclass
class Transfers:
    """Files that were transferred.

    Attributes:
        fetched: from the store.
        sent: to it.
    """

    fetched: int = 0
    sent: int = 0


@dataclass(frozen=True)
class Transferred:
    """A file as it was when it was transferred.

    Attributes:
        size: in bytes.
        modified: time of the file here, in nanoseconds.
        sha256: of its content.
        tag: of the version there; empty if that is not known.
    """

    size: int
    modified: int
    sha256: str
    tag: str


class Mirror:
    """A folder that mirrors a URL.

    Args:
        url: of the folder there, such as that of a study.
        within: folder of the mirror, in RouteBench's folder of the user's cache.

    Attributes:
        files: there.
        root: the folder here, which has the same name.
        transfers: of this object.

    Raises:
        RemoteError: the URL cannot be used.
    """

    def __init__(self, url: str, within: str = MIRRORS) -> None:
        self.files = RemoteFiles(url)
        self.root = mirror_folder(url, within)
        self._known = self.root.parent / KNOWN / self.root.name
        self.transfers = Transfers()

    def path(self, name: str) -> Path:
        """Where a file is here."""
        return self.root / name

    def has(self, name: str, *, tag: str = "", digests: Collection[str] = ()) -> bool:
        """Whether a file here is what was transferred, and is the version of that tag, or has one of those digests."""
        known, state = self._read(name), _state(self.path(name))
        if known is None or state != (known.size, known.modified):
            return False
        return known.sha256 in digests if digests else bool(tag) and known.tag == tag

    def fetch(self, name: str, tag: str, digests: Collection[str] = ()) -> bool:
        """Fetch a file, whether or not it is here; the file here is replaced in one step.

        Args:
            name: of the file.
            tag: of the version that was seen there.
            digests: that it may have; any if there are none.

        Returns:
            Whether it was there, and has such a digest; else nothing is changed here.
        """
        with _temporary(self.path(name)) as temporary:
            if not self.files.fetch(name, temporary):
                return False
            self.transfers.fetched += 1
            digest = _sha256(temporary)
            if digests and digest not in digests:
                return False
            temporary.replace(self.path(name))
        self._remember(name, digest, tag)
        return True

    def fetch_if_other(self, name: str, tag: str | None) -> None:
        """Let a file here be the one there.

        Args:
            name: of the file.
            tag: of the version there; None if there is none, which removes it here.
        """
        if tag is None or (not self.has(name, tag=tag) and not self.fetch(name, tag)):
            self.forget(name)

    def keep(self, name: str, content: bytes, tag: str) -> None:
        """Write a file here whose content there has been read."""
        with _temporary(self.path(name)) as temporary:
            temporary.write_bytes(content)
            temporary.replace(self.path(name))
        self._remember(name, hashlib.sha256(content).hexdigest(), tag)

    def send(self, name: str) -> None:
        """Let a file there be the one here; nothing is sent if that is what was transferred last."""
        digest = _sha256(self.path(name))
        known = self._read(name)
        if known is not None and known.sha256 == digest:
            self._remember(name, digest, known.tag)
            return
        self.files.send(self.path(name), name)
        self.transfers.sent += 1
        self._remember(name, digest, self.files.tag(name) or "")

    def drop(self, name: str) -> None:
        """Remove a file there."""
        self.files.remove(name)
        self._place(name).unlink(missing_ok=True)

    def forget(self, name: str) -> None:
        """Remove a file here, not there."""
        self._place(name).unlink(missing_ok=True)
        self.path(name).unlink(missing_ok=True)

    def _place(self, name: str) -> Path:
        return self._known / f"{name}.json"

    def _read(self, name: str) -> Transferred | None:
        try:
            return Transferred(**json.loads(self._place(name).read_text()))
        except (OSError, ValueError, TypeError):  # never transferred, or not remembered: it is transferred again
            return None

    def _remember(self, name: str, digest: str, tag: str) -> None:
        state = _state(self.path(name))
        if state is None:
            return
        with _temporary(self._place(name)) as temporary:
            temporary.write_text(json.dumps(asdict(Transferred(*state, digest, tag))))
            temporary.replace(self._place(name))


def mirror_folder(url: str, within: str = MIRRORS) -> Path:
    """The folder of this machine that mirrors a URL, with the name of its last part; a password makes no difference.

    Raises:
        RemoteError: it is no URL.
    """
    from platformdirs import user_cache_path

    protocol, path = split_url(without_password(url))
    above, _, name = path.rpartition("/")
    store = endpoint() if protocol in ("s3", "s3a") else ""
    key = hashlib.sha256(f"{protocol}://{above} {store}".encode()).hexdigest()[:12]
    label = re.sub(r"[^A-Za-z0-9_-]", "_", above.rpartition("/")[2] or protocol)
    return user_cache_path("routebench") / within / f"{label}-{key}" / name


def _state(path: Path) -> tuple[int, int] | None:
    """Size and time of a file; None if there is none."""
    try:
        state = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return state.st_size, state.st_mtime_ns


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """A path beside another, where nothing remains."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
