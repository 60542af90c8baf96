"""Where a plug-in is: a module by its name, or a file or folder by its path. Imports nothing slow, and no plug-in."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

SUITE = ("zoo", "benchmarks")
"""Top-level packages of the suite, which no plug-in can be called after."""
MAIN = "__main__"


class PluginError(ValueError):
    """A plug-in that cannot be used; the message is one line that says what is missing and where it was looked for."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A plug-in that was found.

    Attributes:
        named: as the command or the study names it.
        module: its dotted name, `my_package.networks`.
        folder: that holds its top-level package or module.
    """

    named: str
    module: str
    folder: Path

    @property
    def top(self) -> str:
        """Name of its top-level package or module."""
        return self.module.partition(".")[0]

    @property
    def source(self) -> Path:
        """Folder or file of its top-level package or module."""
        package = self.folder / self.top
        return package if package.is_dir() else package.with_suffix(".py")


def is_path(named: str) -> bool:
    """Whether a plug-in is named by a path and not by its module's name."""
    return named.endswith(".py") or named.startswith(("~", ".")) or os.sep in named


def find(named: str) -> Place:
    """Find a plug-in without importing it.

    Args:
        named: a module that Python finds, or that stands in the current folder, such as `my_package.networks`; or the
            path of a `.py` file or of a package's folder.

    Raises:
        PluginError: it is not there, or has a name that cannot be imported.
    """
    place = _by_path(named) if is_path(named) else _by_name(named)
    if place.top in SUITE:
        raise PluginError(f"plug-in {named}: {place.top} is a package of the suite itself; give yours another name")
    return place


def check_plugins(named: Iterable[str] | None) -> None:
    """Check that the plug-ins of a command are there, before torch is imported.

    Raises:
        PluginError: one is not there, or has a name that cannot be imported.
    """
    for one in named or ():
        find(one)


def modules_of(named: str) -> tuple[str, ...]:
    """The module names that a plug-in may have, whether or not it is there: of a path, one for each of its ends."""
    if not is_path(named):
        return (named,)
    parts = Path(named).expanduser().resolve().with_suffix("").parts
    return tuple(".".join(parts[start:]) for start in range(1, len(parts)))


def _by_path(named: str) -> Place:
    path = Path(named).expanduser().resolve()
    if not path.exists():
        raise PluginError(f"plug-in {named}: there is no such file or folder")
    if path.is_file() and path.suffix != ".py":
        raise PluginError(f"plug-in {named}: neither a .py file nor the folder of a package")
    if path.is_dir() and not any(path.glob("*.py")):
        raise PluginError(f"plug-in {named}: the folder has no .py files")
    parts = [] if path.name == "__init__.py" else [path.stem]
    folder = path.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    _check_names(named, parts)
    return Place(named=named, module=".".join(parts), folder=folder)


def _by_name(named: str) -> Place:
    top, *rest = named.split(".")
    _check_names(named, [top, *rest])
    folder = _folder_of(named, top)
    package = folder / top
    for depth, name in enumerate(rest, 1):
        valid = modules_in(package)
        if name not in valid:
            owner = ".".join([top, *rest[: depth - 1]])
            near = difflib.get_close_matches(name, valid, n=1)
            hint = f"; did you mean {owner}.{near[0]}?" if near else ""
            has = f"has {', '.join(valid)}" if valid else "is no package with modules"
            raise PluginError(f"plug-in {named}: there is no module {owner}.{name}{hint} ({owner} {has})")
        package /= name
    return Place(named=named, module=named, folder=folder)


def _check_names(named: str, parts: Sequence[str]) -> None:
    for part in parts:
        if not part.isidentifier():
            raise PluginError(
                f"plug-in {named}: {part!r} is no name of a module; name a module as my_package.networks, or the path "
                "of a .py file or of a package's folder"
            )


def _folder_of(named: str, top: str) -> Path:
    """The folder of a top-level package or module: the first that Python finds, else the current folder."""
    source = source_of(top)
    if source is not None:
        return source.parent
    here = Path.cwd()
    if (here / f"{top}.py").is_file() or (here / top).is_dir():
        return here
    raise PluginError(
        f"plug-in {named}: no module {top} is installed or stands in {here}; run the command where it stands, or name "
        "the path of its file or folder"
    )


def source_of(top: str) -> Path | None:
    """File or folder of a top-level module or package as Python finds it; None where it finds none."""
    try:
        importlib.invalidate_caches()
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    places = [*(spec.submodule_search_locations or ()), spec.origin or ""] if spec else [""]
    return Path(places[0]).resolve() if Path(places[0]).is_absolute() else None


def modules_in(package: Path) -> list[str]:
    """Names of the modules and packages that stand directly in a package's folder."""
    if not package.is_dir():
        return []
    files = {path.stem for path in package.glob("*.py")} - {"__init__", MAIN}
    folders = {path.parent.name for path in package.glob("*/*.py")}
    return sorted(name for name in files | folders if name.isidentifier())


def check_first(place: Place) -> None:
    """Check that Python, asked for a plug-in's module, finds the plug-in and nothing else.

    Raises:
        PluginError: an installed package or another folder has the same name and comes first.
    """
    found = source_of(place.top)
    if place.top in sys.builtin_module_names or found is None or found != place.source.resolve():
        owner = f"the one at {found}" if found else "one that is built into Python"
        raise PluginError(f"plug-in {place.named}: another module is called {place.top} too, {owner}; rename yours")
