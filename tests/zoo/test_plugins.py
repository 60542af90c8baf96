"""Plug-ins of every kind: declared by name, found without a list, in the repository and in what is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from zoo.plugins import Registry, UnknownName

PACKAGE = "tests.zoo.methods"


@pytest.fixture
def colours() -> Registry[int]:
    """Two of them."""
    registry: Registry[int] = Registry("colour", PACKAGE)
    registry._loaded = True
    registry.add("green", 2, "b.Green")
    registry.add("red", 1, "a.Red")
    return registry


def test_what_is_declared_is_found_by_name_and_by_wildcard(colours: Registry[int]) -> None:
    assert colours["red"] == 1
    assert "green" in colours
    assert colours.names() == ("red", "green")
    assert colours.names("g*") == ("green",)
    assert list(colours) == [1, 2]


def test_their_order_is_that_of_their_modules_and_the_kinds_own_come_first(colours: Registry[int]) -> None:
    colours.add("blue", 3, f"{PACKAGE}.z.Blue")
    assert colours.names() == ("blue", "red", "green")
    assert list(colours) == [3, 1, 2]


def test_a_name_is_taken_once(colours: Registry[int]) -> None:
    with pytest.raises(ValueError, match=r"colour 'red' of b\.Red is there already: a\.Red has it"):
        colours.add("red", 3, "b.Red")
    assert colours["red"] == 1


def test_a_module_that_is_loaded_again_replaces_its_own(colours: Registry[int]) -> None:
    colours.add("red", 3, "a.Red")
    assert colours["red"] == 3


def test_an_unknown_name_is_answered_with_the_nearest_and_all(colours: Registry[int]) -> None:
    with pytest.raises(UnknownName, match=r"unknown colour 'gren'; did you mean green or red\? \(valid: red, green\)"):
        colours["gren"]


PLUGIN = """
import zoo
from zoo.methods.resnet import ResNet
from zoo.registry import Paper, Preset

PAPER = Paper(title="T", family="F", varies="V", citation="C", presets={"tiny": Preset(), "small": Preset()})

@zoo.register("installed", PAPER)
class Installed(ResNet):
    pass
"""


def distribution(folder: Path, module: str) -> None:
    """A distribution that names a plug-in, as an installer leaves it."""
    facts = folder / "example-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: example\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(f"[routebench]\nexample = {module}\n")


def names(folder: Path) -> subprocess.CompletedProcess[str]:
    """What a process that finds the folder's distributions answers to `zoo.list_methods()`."""
    program = f"import sys; sys.path.append({str(folder)!r}); import zoo; print(zoo.list_methods())"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_an_installed_plug_in_is_found(tmp_path: Path) -> None:
    (tmp_path / "example_plugin.py").write_text(PLUGIN)
    distribution(tmp_path, "example_plugin")
    assert names(tmp_path).stdout.rstrip().endswith("'wideresnet', 'installed')")


def test_a_plug_in_that_cannot_be_imported_is_an_error_at_every_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ImportError("broken")

    monkeypatch.setattr("zoo.plugins.load_entry_points", fail)
    registry: Registry[int] = Registry("colour", PACKAGE)
    for _ in range(2):
        with pytest.raises(ImportError, match="broken"):
            registry.names()


def test_a_plug_in_that_cannot_be_imported_is_named_with_its_distribution(tmp_path: Path) -> None:
    distribution(tmp_path, "nowhere_at_all")
    result = names(tmp_path)
    assert result.returncode != 0
    assert "plug-in 'nowhere_at_all' of example cannot be imported" in result.stderr
