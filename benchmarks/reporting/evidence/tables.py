"""Tables of one seed, read when they are asked for: a page looks into few of a later seed's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import pandas as pd


class Tables(Mapping[str, pd.DataFrame]):
    """Tables by name, each read once.

    Args:
        names: of those that there are.
        read: reads one by its name.
    """

    def __init__(self, names: Sequence[str], read: Callable[[str], pd.DataFrame]) -> None:
        self._names = tuple(names)
        self._read = read
        self._known: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        """A table.

        Raises:
            KeyError: there is none of that name.
        """
        if name not in self._known:
            if name not in self._names:
                raise KeyError(name)
            self._known[name] = self._read(name)
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is one; nothing is read."""
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        """Their names."""
        return iter(self._names)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._names)
