"""Networks of a study at a URL: what says which there are is fetched first, and then the weights of one."""

from __future__ import annotations

from pathlib import Path

from zoo.loading.records import INDEX, networks_of
from zoo.loading.stored import LoadError, Stored, choose
from zoo.remote.files import RemoteError
from zoo.remote.mirror import LOADED, Mirror
from zoo.remote.records import pull_record, record_names, remove_if_gone

CONFIG = frozenset(("config.yaml",))


class Remote:
    """The networks of a study at a URL.

    Args:
        url: of the study, such as `s3://bucket/runs/quick`.

    Raises:
        LoadError: the store cannot be used, or holds no study there.
    """

    def __init__(self, url: str) -> None:
        try:
            self._mirror = Mirror(url, LOADED)
            self._pull()
        except RemoteError as error:
            raise LoadError(str(error)) from error

    def choose(self, network: str, seed: int) -> Stored:
        """The network that a name means, with its weights.

        Raises:
            LoadError: there is none, or several; or the store cannot be used.
        """
        stored = choose(network, seed, networks_of(self._mirror.root), self._mirror.files.url)
        try:
            pull_record(self._mirror, Path(stored.place).name, weights=True, names=CONFIG | {"weights.safetensors"})
        except RemoteError as error:
            raise LoadError(str(error)) from error
        return stored

    def _pull(self) -> None:
        """Fetch the index, and manifest and configuration of every record."""
        listing = self._mirror.files.listing()
        names = record_names(listing)
        if not names:
            raise LoadError(f"no results of a study at {self._mirror.files.url}: run it with python -m benchmarks.run")
        self._mirror.fetch_if_other(INDEX, listing.get(INDEX))
        for name in names:
            pull_record(self._mirror, name, listing, weights=False, names=CONFIG)
        models = self._mirror.path("models")
        for name in {path.name for path in models.iterdir()} - set(names):
            remove_if_gone(self._mirror, name)
