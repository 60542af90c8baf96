"""A study's store on one machine whose results are at a URL: what changes here goes there, at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.records.claims import CLAIMS
from benchmarks.records.store import CHECKPOINT, Store
from benchmarks.remote.lease import check_lease
from benchmarks.remote.publishing import publish_record, remove_folder
from zoo.remote.mirror import MIRRORS, READ, Mirror
from zoo.remote.records import MODELS, pull_record


@dataclass(frozen=True)
class RemoteStudy:
    """A study at a URL, as jobs take it to other machines.

    Attributes:
        url: of the study.
        lease: of the run, which alone may write there; empty for who only reads.
    """

    url: str = field(repr=False)
    lease: str = ""

    @property
    def within(self) -> str:
        """Folder of its mirror: who only reads has not that of a run on the same machine, which is ahead of the URL."""
        return MIRRORS if self.lease else READ


class Exchange:
    """Publishes what changes in the mirror of a study, and fetches what has changed at its URL.

    Args:
        remote: the study.
        whole: whether weights and checkpoints are fetched too: by jobs, which need them.

    Raises:
        RemoteError: the URL cannot be used.
    """

    def __init__(self, remote: RemoteStudy, *, whole: bool) -> None:
        self.mirror = Mirror(remote.url, remote.within)
        self._lease = remote.lease
        self._whole = whole

    def changed(self, path: Path) -> None:
        """Publish a record, a checkpoint, or a file, or remove it there if it is gone here.

        Raises:
            RemoteError: the store cannot be used.
            StoreError: another run has taken over.
        """
        check_lease(self.mirror.files, self._lease)
        name = self._name(path)
        if path.is_file():
            self.mirror.send(name)
        elif path.parent.name != MODELS:
            self.mirror.drop(name)
        elif not path.exists():
            remove_folder(self.mirror, name)
        elif not path.name.startswith("."):
            publish_record(self.mirror, name)

    def fetch(self, *paths: Path) -> None:
        """Fetch records, checkpoints and files; nobody works on their network, so that nothing is told of it any more.

        Raises:
            RemoteError: the store cannot be used.
        """
        for path in paths:
            name = self._name(path)
            if path.parent.name != MODELS:
                self.mirror.fetch_if_other(name, self.mirror.files.tag(name))
            elif not path.name.startswith("."):
                pull_record(self.mirror, path.name, weights=self._whole)
                self._forget_told(path.name)
            elif self._whole:
                checkpoint = f"{name}/{CHECKPOINT}"
                self.mirror.fetch_if_other(checkpoint, self.mirror.files.tag(checkpoint))

    def has(self, path: Path) -> bool:
        """Whether a file is there.

        Raises:
            RemoteError: the store cannot be used.
        """
        return self.mirror.files.tag(self._name(path)) is not None

    def _name(self, path: Path) -> str:
        return path.relative_to(self.mirror.root).as_posix()

    def _forget_told(self, record: str) -> None:
        name = f"{CLAIMS}/{record}.json"
        if self._lease and self.mirror.files.tag(name) is not None:
            self.mirror.drop(name)


def store_at(root: Path, remote: RemoteStudy | None, *, whole: bool = False) -> Store:
    """The store of a study on this machine.

    Args:
        root: the study's directory, if it is on a file system that all machines share.
        remote: where it is otherwise; then `root` is not looked at.
        whole: see `Exchange`.

    Raises:
        RemoteError: the URL cannot be used.
    """
    if remote is None:
        return Store(root)
    exchange = Exchange(remote, whole=whole)
    return Store(exchange.mirror.root, exchange)
