"""Which code a result depends on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from benchmarks.records import code_hashes as module_of_hashes
from benchmarks.records.code_hashes import changed, code_hashes, strip_comments

NUMBERS = count()
House = Callable[..., dict[str, str]]

CODE = """
def area(width: int) -> int:
    label = "# no comment"
    return width**2
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Makes a package of these modules, and answers the fingerprint of its module `main` without the package's name."""
    made = []

    def build(*names: str, **modules: str) -> dict[str, str]:
        package = f"house{next(NUMBERS)}"
        made.append(package)
        folder = tmp_path / package
        folder.mkdir()
        (folder / "__init__.py").touch()
        for name, source in modules.items():
            (folder / f"{name}.py").write_text(source.replace("HOUSE", package))
        monkeypatch.setattr(module_of_hashes, "PACKAGES", (package,))
        wanted = [f"{package}.{name}" for name in names or ("main",)]
        return {file.removeprefix(f"{package}/"): value for file, value in code_hashes(wanted).items()}

    monkeypatch.syspath_prepend(tmp_path)
    yield build
    for package in made:
        sys.modules.pop(package, None)


@pytest.mark.parametrize(
    "source",
    [
        "# A comment.\n" + CODE,
        CODE + "\n\n# another\n\n\n",
        CODE.replace("**2", "**2  # squared"),
        CODE.replace("int:\n", 'int:\n    """A docstring."""\n'),
        CODE.replace("int:\n", 'int:\n    """A docstring\n\n    of several lines.\n    """\n'),
        '"""Of the module."""\n' + CODE,
        CODE.replace("    return", "\n    return"),
        CODE.replace("int:\n", "int:   \n"),
    ],
    ids=["comment", "end", "behind code", "docstring", "long docstring", "module", "blank line", "trailing spaces"],
)
def test_what_people_read_is_no_code(source: str) -> None:
    assert strip_comments(source) == strip_comments(CODE)


@pytest.mark.parametrize(
    "source",
    [
        CODE.replace("**2", "**3"),
        CODE.replace("width", "height"),
        CODE.replace("# no comment", "# a comment"),
        CODE.replace("    return width**2", "    if width:\n        return width**2"),
        CODE.replace("    return", "return"),
    ],
    ids=["number", "name", "string with a hash sign", "branch", "indentation"],
)
def test_a_change_of_code_is_a_change(source: str) -> None:
    assert strip_comments(source) != strip_comments(CODE)


def test_what_is_left_is_the_code_itself() -> None:
    commented = 'def area(width: int) -> int:  # of a square\n    """Area."""\n\n    return width**2\n'
    assert strip_comments(commented) == "def area(width: int) -> int:\n    return width**2"


def test_a_comment_changes_no_fingerprint(house: House) -> None:
    assert house(main="x = 1\n") == house(main="# one\nx = 1  # of them\n")


def test_code_changes_the_fingerprint(house: House) -> None:
    assert house(main="x = 1\n") != house(main="x = 2\n")


@pytest.mark.parametrize(
    "line",
    [
        "import HOUSE.room",
        "import HOUSE.room as r",
        "from HOUSE.room import x",
        "from HOUSE import room",
        "def f():\n    from HOUSE.room import x",
    ],
)
def test_every_kind_of_import_is_followed(house: House, line: str) -> None:
    assert list(house(main=f"{line}\n", room="x = 1\n", attic="x = 1\n")) == ["main.py", "room.py"]


def test_imports_of_imports_are_followed(house: House) -> None:
    modules = {"main": "import HOUSE.hall\n", "hall": "import HOUSE.room\n", "room": "x = 1\n"}
    assert list(house(**modules)) == ["hall.py", "main.py", "room.py"]


def test_modules_that_import_each_other_end(house: House) -> None:
    assert list(house(main="import HOUSE.room\n", room="import HOUSE.main\n")) == ["main.py", "room.py"]


def test_other_peoples_packages_do_not_count(house: House) -> None:
    assert list(house(main="import json\nimport torch\nfrom pathlib import Path\n")) == ["main.py"]


def test_several_modules_are_joined(house: House) -> None:
    both = house("hall", "room", hall="import HOUSE.attic\n", room="x = 1\n", attic="y = 1\n", cellar="z = 1\n")
    assert list(both) == ["attic.py", "hall.py", "room.py"]


def test_a_package_that_is_imported_from_does_not_count() -> None:
    assert "benchmarks/data/__init__.py" not in code_hashes(["benchmarks.training.loop"])


def test_a_package_that_is_named_counts_under_its_files_name() -> None:
    assert "benchmarks/data/__init__.py" in code_hashes(["benchmarks.data"])


def test_a_network_depends_on_its_layers_and_not_on_other_networks() -> None:
    files = code_hashes(["zoo.methods.adanet"]).keys()
    assert files >= {
        "zoo/methods/adanet.py",
        "zoo/network.py",
        "zoo/layers.py",
        "zoo/backbone.py",
        "zoo/execution/gated_block.py",
    }
    assert "zoo/methods/branchynet/network.py" not in files


def test_a_file_has_the_same_hash_in_every_fingerprint() -> None:
    one, other = code_hashes(["zoo.methods.adanet"]), code_hashes(["zoo.methods.branchynet.network"])
    shared = one.keys() & other.keys()
    assert {name: one[name] for name in shared} == {name: other[name] for name in shared} != {}


def test_changed_names_the_files_that_differ_came_and_went() -> None:
    old = {"same.py": "1", "edited.py": "2", "gone.py": "3"}
    new = {"same.py": "1", "edited.py": "9", "come.py": "4"}
    assert changed(old, new) == ["come.py", "edited.py", "gone.py"]


def test_nothing_changed_between_equal_fingerprints() -> None:
    assert changed({"a.py": "1"}, {"a.py": "1"}) == []
