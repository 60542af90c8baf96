"""What a plug-in declares is known after it is loaded; what goes wrong is one line with the exception and its place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import zoo
from benchmarks.measuring.attacks.registry import ATTACKS
from benchmarks.plugins.loading import load
from benchmarks.plugins.places import PluginError
from tests.benchmarks.plugins.package import EXAMPLES, write_package

NOISE = (EXAMPLES / "noise.py").read_text()
ROOT = Path(__file__).parents[3]


def test_a_named_package_is_loaded_with_its_modules(project: Path) -> None:
    write_package(project)
    (place,) = load(["my_package"])
    assert place.folder == project
    assert "big_little" in zoo.list_methods()
    assert "noise" in ATTACKS


def test_a_file_of_another_folder_finds_what_stands_beside_it(project: Path) -> None:
    (project / "far").mkdir()
    (project / "far" / "sounds.py").write_text(f"import far_helper\n{NOISE}")
    (project / "far" / "far_helper.py").touch()
    load(["far/sounds.py"])
    assert "noise" in ATTACKS
    assert sys.path[-1] == str(project / "far"), "behind all that is installed"


def test_loading_again_does_nothing(project: Path) -> None:
    (project / "sounds.py").write_text(NOISE)
    assert load(["sounds"]) == load(["sounds.py"]) == load(["sounds"])


def test_a_stored_path_that_is_gone_is_the_module_that_the_command_named(project: Path) -> None:
    (project / "sounds.py").write_text(NOISE)
    (place,) = load(["./sounds.py"])
    assert load(["/where/it/was/sounds.py"]) == (place,)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("import no_such_package\n", r"ModuleNotFoundError: No module named 'no_such_package' \(.*broken\.py:1\)"),
        ("x = 1\n1 / 0\n", r"ZeroDivisionError: division by zero \(.*broken\.py:2\)"),
        ("def f(:\n", r"SyntaxError: invalid syntax \(.*broken\.py:1\)"),
        ("raise SystemExit(3)\n", r"SystemExit: 3 \(.*broken\.py:1\)"),
        (
            NOISE.replace('"noise"', '"FGSM"'),
            r"ValueError: attack 'FGSM' of broken\.Noise is there already: benchmarks\.",
        ),
    ],
)
def test_what_fails_on_import_is_said_with_its_place(project: Path, source: str, line: str) -> None:
    (project / "broken.py").write_text(source)
    with pytest.raises(PluginError, match=f"^plug-in broken cannot be imported: {line}") as raised:
        load(["broken"])
    assert "\n" not in str(raised.value)


def test_a_module_that_declares_nothing_is_an_error(project: Path) -> None:
    (project / "quiet.py").write_text("x = 1\n")
    with pytest.raises(PluginError, match=r"plug-in quiet declares nothing: .* no @register, @evaluator"):
        load(["quiet"])


@pytest.mark.parametrize("name", ["random", "numpy", "sys"])
def test_a_file_that_is_called_like_an_installed_module_is_refused(project: Path, name: str) -> None:
    (project / f"{name}.py").write_text(NOISE)
    with pytest.raises(PluginError, match=f"another module is called {name} too, .*; rename yours"):
        load([f"./{name}.py"])


def test_the_names_of_the_suite_are_taken_before_it_is_loaded_itself(project: Path) -> None:
    """In a process that has not looked any attack up."""
    (project / "mine.py").write_text(NOISE.replace('"noise"', '"FGSM"'))
    program = "from benchmarks.plugins.loading import load\nload(['mine'])"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert "attack 'FGSM' of mine.Noise is there already" in done.stderr.splitlines()[-1]
