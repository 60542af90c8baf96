"""One idiom for everything that can be added: methods, attacks, evaluators, figures, tables, data sets.

A plug-in is a thing with a name, declared in its own module by a decorator or a call. Modules are found, not listed:
those of the package that belongs to the kind, those that a command or a study names (`benchmarks.plugins`), and those
that an installed distribution names as entry points in one of `GROUPS`. A project adds all that it has, of any kind,
with one line of its `pyproject.toml`:

    [project.entry-points.routebench]
    anything = "my_package.my_module"

A group per kind, such as `routebench.methods`, does the same and says what stands there.
"""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar

GROUP = "routebench"
"""The group of entry points for modules with plug-ins of any kind."""
GROUPS = (GROUP, *(f"{GROUP}.{kind}" for kind in ("methods", "evaluators", "figures", "tables", "datasets", "attacks")))
"""The groups of entry points whose modules are imported, each for plug-ins of any kind."""


class UnknownName(ValueError):
    """A name that nothing has; the message lists the nearest valid ones."""


Thing = TypeVar("Thing")


class Registry(Generic[Thing]):
    """The plug-ins of one kind, by name: those of the kind's package, then others; each in the order of their modules.

    The order does not depend on what was imported first.

    Args:
        kind: what they are, for messages: `method`, `attack`, `data set`.
        package: whose modules declare them; imported, with every entry point of `GROUP`, before the first look-up.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self.declared: dict[str, Thing] = {}
        self._package = package
        self._origins: dict[str, str] = {}
        self._loaded = False
        self._loading = False
        REGISTRIES.append(self)

    def add(self, name: str, thing: Thing, origin: str) -> None:
        """Declare a plug-in.

        Args:
            name: unique in its kind.
            thing: what has that name.
            origin: where it is declared, `module.qualified_name`; a module that is loaded again replaces its own.

        Raises:
            ValueError: the name is taken.
        """
        if not self._is_own(origin):
            self._load()  # the suite's names are taken, whatever is imported first
        there = self._origins.get(name, origin)
        if there != origin:
            raise ValueError(f"{self.kind} {name!r} of {origin} is there already: {there} has it")
        self.declared[name] = thing
        self._origins[name] = origin

    def remove(self, name: str) -> None:
        """Take back what was declared, for tests that declare something."""
        del self.declared[name], self._origins[name]

    def of(self, package: str) -> tuple[str, ...]:
        """Names of what a module declares, or a package in any of its modules."""
        return tuple(name for name in self._ordered() if f"{self._origins.get(name, '')}.".startswith(f"{package}."))

    def names(self, pattern: str = "*") -> tuple[str, ...]:
        """Names that match a shell wildcard."""
        self._load()
        return tuple(name for name in self._ordered() if fnmatchcase(name, pattern))

    def __getitem__(self, name: str) -> Thing:
        """The plug-in of that name.

        Raises:
            UnknownName: there is none; the message lists the nearest.
        """
        self._load()
        if name not in self.declared:
            raise UnknownName(unknown(self.kind, name, self._ordered()))
        return self.declared[name]

    def __contains__(self, name: object) -> bool:
        """Whether a plug-in has that name."""
        self._load()
        return name in self.declared

    def __iter__(self) -> Iterator[Thing]:
        """All plug-ins."""
        self._load()
        return iter([self.declared[name] for name in self._ordered()])

    def _ordered(self) -> list[str]:
        return sorted(self.declared, key=lambda name: self._place(self._origins.get(name, "")))

    def _place(self, origin: str) -> tuple[bool, str]:
        return not self._is_own(origin), origin.rpartition(".")[0]

    def _is_own(self, origin: str) -> bool:
        return origin.startswith(f"{self._package}.")

    def _load(self) -> None:
        if self._loaded or self._loading:
            return
        self._loading = True  # modules may look something up while they are imported
        try:
            import_all(self._package)
            load_entry_points()
            self._loaded = True
        finally:
            self._loading = False


REGISTRIES: list[Registry[Any]] = []
"""Every registry that was made, of the kinds whose modules are imported."""


def declared_in(package: str) -> dict[str, tuple[str, ...]]:
    """What a module declares, or a package in any of its modules: names by kind, without kinds of which it has none."""
    found: dict[str, tuple[str, ...]] = {}
    for registry in REGISTRIES:
        found[registry.kind] = (*found.get(registry.kind, ()), *registry.of(package))
    return {kind: names for kind, names in found.items() if names}


def origin_of(declared: Callable[..., object]) -> str:
    """Where a function or class is declared: `module.qualified_name`."""
    return f"{declared.__module__}.{declared.__qualname__}"


def import_all(package: str) -> None:
    """Import every module that stands directly in a package."""
    for found in pkgutil.iter_modules(import_module(package).__path__):
        import_module(f"{package}.{found.name}")


def load_entry_points() -> None:
    """Import the modules that installed distributions name as plug-ins.

    Raises:
        ImportError: one cannot be imported; the message names its distribution.
    """
    for point in (point for group in GROUPS for point in entry_points(group=group)):
        try:
            import_module(point.module)  # what is declared there is known by it; `module:name` names one of several
        except Exception as error:
            owner = point.dist.name if point.dist else "an installed distribution"
            reason = error if isinstance(error, ImportError) else f"{type(error).__name__}: {error}"
            raise ImportError(f"plug-in {point.value!r} of {owner} cannot be imported: {reason}") from error


def unknown(kind: str, name: str, valid: Sequence[str]) -> str:
    """One line for a name that does not exist: the nearest valid names, and all of them."""
    near = difflib.get_close_matches(name, valid, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"unknown {kind} {name!r}{hint} (valid: {', '.join(valid)})"
