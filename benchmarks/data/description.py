"""What can be said of a data set without reading it. No record depends on this code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.data.contract import Dataset, DatasetInfo, Shape
from zoo.plugins import UnknownName, unknown

Read = Callable[[Path | None, Mapping[str, object]], Dataset]
"""Makes the full data set from the data root (or None) and checked options."""


@dataclass(frozen=True, kw_only=True)
class Description:
    """What can be said of a data set without reading it.

    Attributes:
        name: as `load` takes it.
        title: as reports print it.
        shape: (C, H, W), or None where the files or options decide.
        classes: their number, or None where the files decide.
        source: citation, and where the data come from.
        options: names that `load` takes and their defaults.
        preset: scale of network that the suite uses by default, or None where the files or options decide.
        types: of options whose default does not tell; of a default None, `int` else. `float` takes whole numbers too.
    """

    name: str
    title: str
    shape: Shape | None
    classes: int | None
    source: str
    options: Mapping[str, object]
    preset: str | None = None
    types: Mapping[str, tuple[type, ...]] = field(default_factory=dict)

    def check_options(self, options: Mapping[str, object]) -> None:
        """Refuse options that the data set does not have, and values of another type.

        Raises:
            ValueError: names the option, and what there is.
        """
        for option, value in options.items():
            if option not in self.options:
                raise UnknownName(unknown(f"option of {self.name}", option, list(self.options)))
            default = self.options[option]
            if value is None and default is None:
                continue
            expected = self.types.get(option, (int,) if default is None else (type(default),))
            if type(value) not in (*expected, *([int] if float in expected else [])):
                names = " or ".join(kind.__name__ for kind in expected)
                raise ValueError(f"option {option} of {self.name} must be {names}, not {value!r}")


@dataclass(frozen=True)
class DatasetEntry:
    """A data set of the catalogue.

    Attributes:
        description: what `describe` answers.
        read: makes the data set.
        order: its place in lists.
    """

    description: Description
    read: Read
    order: int


def describe_info(info: DatasetInfo, options: Mapping[str, object]) -> Description:
    """Description of a data set whose facts do not depend on files."""
    return Description(
        name=info.name,
        title=info.title,
        shape=info.shape,
        classes=len(info.classes),
        source=info.source,
        options=options,
        preset=info.preset,
    )
