"""Import the plug-ins that a command or a study names: what they declare is then found by name."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType

from benchmarks.plugins.places import Place, PluginError, check_first, find, modules_in, modules_of

LOADED: dict[str, Place] = {}
"""What was loaded in this process, by module."""


def load(names: Iterable[str]) -> tuple[Place, ...]:
    """Import plug-ins, each with the modules that stand directly in it if it is a package.

    The folder of one that Python does not find is put behind all others on `sys.path`: nothing that is installed is
    hidden. A name whose module is loaded already is that module, wherever it was named: a study that was stored
    elsewhere finds its plug-ins if the command names them.

    Args:
        names: as `benchmarks.plugins.places.find` takes them.

    Raises:
        PluginError: one is not there, cannot be imported, or declares nothing.
    """
    return tuple(_load(named) for named in names)


def _load(named: str) -> Place:
    try:
        place = find(named)
    except PluginError:
        known = next((LOADED[module] for module in modules_of(named) if module in LOADED), None)
        if known is None:
            raise
        return known
    if place.module not in LOADED:
        if str(place.folder) not in (str(Path(entry).resolve()) for entry in sys.path):
            sys.path.append(str(place.folder))
        check_first(place)
        _import(place)
        LOADED[place.module] = place
    return LOADED[place.module]


def _import(place: Place) -> None:
    from zoo.plugins import declared_in

    try:
        module = import_module(place.module)
        for name in _inside(module):
            import_module(f"{place.module}.{name}")
    except (Exception, SystemExit) as error:
        raise PluginError(f"plug-in {place.named} cannot be imported: {_described(error, place)}") from error
    if not declared_in(place.module) and not declared_in(place.top):
        raise PluginError(
            f"plug-in {place.named} declares nothing: {place.module} and its modules have no @register, @evaluator, "
            "@figure, @table, @dataset or @attack; of a deeper module, name that"
        )


def _inside(module: ModuleType) -> list[str]:
    return [name for folder in getattr(module, "__path__", ()) for name in modules_in(Path(folder))]


def _described(error: BaseException, place: Place) -> str:
    """Kind and message of an error, and the last of the plug-in's own lines that led to it."""
    what = " ".join(f"{type(error).__name__}: {error}".split())
    if isinstance(error, SyntaxError):
        return f"{what}" if error.filename is None else f"{what.partition(' (')[0]} ({error.filename}:{error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(place.source)]
    return f"{what} ({own[-1].filename}:{own[-1].lineno})" if own else what


def loaded_modules(plugins: Iterable[str]) -> tuple[str, ...]:
    """Modules of plug-ins, loaded if they are not yet.

    Raises:
        PluginError: one cannot be loaded.
    """
    return tuple(place.module for place in load(plugins))
