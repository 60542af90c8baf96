"""Which code the result of a plug-in depends on: its own package, and what stands beside it in its folder."""

from __future__ import annotations

import site
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from benchmarks.records.code_hashes import changed, clear_caches, code_files, code_hashes

NUMBERS = count()
Folder = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    """Makes a folder that Python finds modules in, of files by name; NAME in them is unique."""
    number = next(NUMBERS)

    def build(files: dict[str, str], place: str = "project") -> Path:
        folder = tmp_path / place
        for name, source in files.items():
            path = folder / name.replace("NAME", f"plug{number}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source.replace("NAME", f"plug{number}"))
        monkeypatch.syspath_prepend(folder)
        return folder

    yield build
    for name in [name for name in sys.modules if name.startswith(f"plug{number}")]:
        del sys.modules[name]
    clear_caches()


def hashes(folder: Path, module: str) -> dict[str, str]:
    """Of a module of the newest project, by path without the project's number."""
    number = next(iter(sorted(folder.glob("plug*")))).name.removeprefix("plug").split("_")[0].split(".")[0]
    clear_caches()
    found = code_hashes([module.replace("NAME", f"plug{number}")])
    return {name.replace(f"plug{number}", "NAME"): value for name, value in found.items()}


@pytest.mark.parametrize(
    ("line", "helper"),
    [
        ("from .helper import WEIGHT", "NAME/helper.py"),
        ("from NAME.helper import WEIGHT", "NAME/helper.py"),
        ("import NAME.helper", "NAME/helper.py"),
        ("from . import WEIGHT", "NAME/__init__.py"),
        ("import NAME\n\ndef loss():\n    return NAME.WEIGHT", "NAME/__init__.py"),
        ("from NAME_helper import WEIGHT", "NAME_helper.py"),
        ("import NAME_helper as other", "NAME_helper.py"),
        ("def loss():\n    from NAME_tools.helper import WEIGHT", "NAME_tools/helper.py"),
    ],
)
def test_a_changed_helper_changes_the_fingerprint(project: Folder, line: str, helper: str) -> None:
    files = {"NAME/__init__.py": "", "NAME/networks.py": f"{line}\n", "NAME_tools/__init__.py": ""}
    folder = project({**files, helper: "WEIGHT = 1\n"})
    before = hashes(folder, "NAME.networks")
    project({helper: "WEIGHT = 50\n"})
    assert changed(before, hashes(folder, "NAME.networks")) == [helper]


def test_what_a_package_passes_on_by_a_star_counts(project: Folder) -> None:
    files = {"NAME/__init__.py": "from .helper import *\n", "NAME/networks.py": "from . import WEIGHT\n"}
    folder = project({**files, "NAME/helper.py": "WEIGHT = 1\n"})
    assert "NAME/helper.py" in hashes(folder, "NAME.networks")


def test_what_is_not_imported_does_not_count(project: Folder) -> None:
    files = {
        "NAME/__init__.py": "",
        "NAME/networks.py": "import json\nimport torch\n",
        "NAME/pages.py": "",
        "NAME_z.py": "",
    }
    assert list(hashes(project(files), "NAME.networks")) == ["NAME/networks.py"]


def test_a_package_without_init_is_followed_too(project: Folder) -> None:
    folder = project({"NAME/deep/networks.py": "from ..helper import x\n", "NAME/helper.py": "x = 1\n"})
    assert list(hashes(folder, "NAME.deep.networks")) == ["NAME/deep/networks.py", "NAME/helper.py"]


def test_the_fingerprint_does_not_depend_on_where_the_folder_is(project: Folder) -> None:
    files = {"NAME.py": "import NAME_helper\n", "NAME_helper.py": "x = 1\n"}
    here = hashes(project(files), "NAME")
    for name in [name for name in sys.modules if name.startswith("plug")]:
        del sys.modules[name]
    assert hashes(project(files, place="elsewhere"), "NAME") == here
    assert list(here) == ["NAME.py", "NAME_helper.py"]


def test_of_an_installed_plug_in_only_its_own_package_counts(project: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"NAME.py": "import NAME_helper\n", "NAME_helper.py": "x = 1\n"}
    folder = project(files)
    monkeypatch.setattr(site, "getsitepackages", lambda: [str(folder)])
    assert list(hashes(folder, "NAME")) == ["NAME.py"]


def test_files_are_named_with_their_places(project: Folder) -> None:
    folder = project({"NAME.py": "x = 1\n"})
    (path,) = folder.glob("*.py")
    assert code_files([path.stem]) == {path.name: path}


def test_the_suites_own_networks_have_no_files_beside_the_suite() -> None:
    assert {name.partition("/")[0] for name in code_hashes(["zoo.methods.adanet", "benchmarks.training.fitting"])} == {
        "zoo",
        "benchmarks",
    }
