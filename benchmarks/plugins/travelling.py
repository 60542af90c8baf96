"""Take plug-ins to workers that do not have them: the sender packs their source, the worker finds it.

A plug-in travels with its whole top-level package, or with its file and whatever stands beside it and is imported.
Where a worker has the same module installed, that is used; a result that would depend on other code is refused there.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.plugins.loading import LOADED, load
from benchmarks.plugins.places import SUITE, PluginError

HOLDER = "routebench_plugins"
"""The folder that travels, inside the folder of a worker. Python does not look for modules in it by itself."""
MAX_BYTES = 100 * 2**20
"""Largest package that travels; data belong elsewhere."""
LEFT_OUT = ("__pycache__", ".*")


def load_travelled(modules: Iterable[str]) -> None:
    """Import plug-ins in a worker, or in the process that sent them, which has them already.

    Args:
        modules: their names.

    Raises:
        PluginError: one is neither installed here nor did it travel, or it cannot be imported.
    """
    spec = importlib.util.find_spec(HOLDER)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if folder not in sys.path:
            sys.path.append(folder)
    load(modules)


def pack(sources: Iterable[Path], into: Path) -> Path:
    """Copy what travels into a folder.

    Args:
        sources: files and folders of top-level modules and packages.
        into: an empty folder.

    Raises:
        PluginError: one is too large, or two have the same name.
    """
    holder = into / HOLDER
    holder.mkdir(parents=True)
    for source in sources:
        target = holder / source.name
        if target.exists():
            raise PluginError(f"plug-ins: {source} and another one are called {source.stem}; rename one")
        if source.is_dir():
            _check_size(source)
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(*LEFT_OUT))
        else:
            shutil.copy(source, target)
    return holder


def _check_size(package: Path) -> None:
    size = sum(path.stat().st_size for path in package.rglob("*") if path.is_file())
    if size > MAX_BYTES:
        raise PluginError(
            f"plug-ins: {package} holds {size / 2**20:.0f} MiB, of which at most {MAX_BYTES // 2**20} travel to "
            "workers; keep data outside of the package"
        )


def sources_of(modules: Iterable[str], files: Mapping[str, Path]) -> list[Path]:
    """Files and folders of the top-level modules and packages that plug-ins consist of.

    Args:
        modules: of plug-ins that are loaded.
        files: their code and all that it imports, by path relative to the folder of its top-level package.
    """
    found: dict[Path, None] = {}
    for place in (LOADED[module] for module in modules):
        tops = [Path(name).parts[0] for name, path in files.items() if path == place.folder / name]
        found |= dict.fromkeys([place.source, *(place.folder / top for top in tops if Path(top).stem not in SUITE)])
    return list(found)


def own_modules(modules: Iterable[str]) -> list[str]:
    """Every module of the top-level packages of plug-ins that was imported in this process."""
    tops = {module.partition(".")[0] for module in modules}
    return [name for name in list(sys.modules) if name.partition(".")[0] in tops]
