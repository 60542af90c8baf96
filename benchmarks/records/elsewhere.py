"""Where a study is stored besides its directory, if it is; see `benchmarks.remote`."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Elsewhere(Protocol):
    """What has to know of changes in a study's directory. Paths are below that directory."""

    def changed(self, path: Path) -> None:
        """A record's folder, a checkpoint's, or a file is complete, or is gone."""

    def fetch(self, *paths: Path) -> None:
        """Let these be as they are elsewhere. The caller holds the claim of the network that they belong to."""

    def has(self, path: Path) -> bool:
        """Whether a file is elsewhere, whether or not it is here."""


class Nowhere:
    """A study that is in its directory only."""

    def changed(self, path: Path) -> None:
        """Do nothing."""

    def fetch(self, *paths: Path) -> None:
        """Do nothing."""

    def has(self, path: Path) -> bool:
        """No."""
        return False


NOWHERE = Nowhere()
