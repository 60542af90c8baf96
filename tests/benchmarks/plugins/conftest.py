"""A folder of plug-ins that is the current one, and forgotten with all that was imported from it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.plugins.loading import LOADED
from benchmarks.records.code_hashes import clear_caches
from zoo.plugins import REGISTRIES


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder in which a command is given."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    modules, loaded = {*sys.modules}, {*LOADED}
    names = {id(registry): {*registry.names()} for registry in REGISTRIES}
    yield folder
    for registry in REGISTRIES:
        for name in {*registry.names()} - names.get(id(registry), {*registry.names()}):
            registry.remove(name)
    own = [name for name, module in sys.modules.items() if name not in modules and _is_below(module, folder)]
    for name in own:
        del sys.modules[name]
    for name in {*LOADED} - loaded:
        del LOADED[name]
    clear_caches()


def _is_below(module: object, folder: Path) -> bool:
    places = [getattr(module, "__file__", None) or "", *getattr(module, "__path__", ())]
    return any(str(place).startswith(str(folder)) for place in places)
