"""The console script: the same verbs as the modules, wherever it is started."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import benchmarks
import zoo
from benchmarks.cli.main import VERBS, runner
from tests.benchmarks.cases import NOT_MEASURED, RECIPE
from tests.benchmarks.cli.test_first_line import SLOW
from tests.imports import ROOT

SCRIPT = "import sys; from benchmarks.cli.main import main; main()"
"""What an installed `routebench` is; `-P` keeps the working directory out of the path, as it is for a script."""
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def routebench(place: Path, *arguments: str, path: str = "") -> subprocess.CompletedProcess[str]:
    """What the script prints into pipes, and its status."""
    environment = os.environ | {
        "PYTHONPATH": f"{path}:{ROOT}" if path else str(ROOT),
        "XDG_CACHE_HOME": str(place / "cache"),
    }
    command = [sys.executable, "-P", "-c", SCRIPT, *arguments]
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A working directory in which a user has packages of her own by the names of ours."""
    for name in ("benchmarks", "zoo"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('the user\\'s own package')\n")
    return tmp_path


@pytest.fixture
def light(tmp_path: Path) -> str:
    """A folder with packages that end the process, by the names of slow ones."""
    folder = tmp_path / "light"
    folder.mkdir()
    for name in SLOW:
        (folder / f"{name}.py").write_text("import sys\nsys.exit(9)\n")
    return str(folder)


def test_the_package_declares_the_script() -> None:
    assert PROJECT["scripts"] == {"routebench": "benchmarks.cli.main:main"}


def test_the_version_has_one_source() -> None:
    assert benchmarks.__version__ == zoo.__version__ == PROJECT["version"]


def test_it_says_its_version(tmp_path: Path, light: str) -> None:
    done = routebench(tmp_path, "--version", path=light)
    assert (done.returncode, done.stdout) == (0, f"routebench {benchmarks.__version__}\n")


@pytest.mark.parametrize("arguments", [(), ("--help",)], ids=str)
def test_help_names_every_verb(arguments: tuple[str, ...], tmp_path: Path, light: str) -> None:
    done = routebench(tmp_path, *arguments, path=light)
    assert (done.returncode, done.stderr) == (0, "")
    assert [verb for verb in VERBS if f"\n  {verb} " in done.stdout] == list(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_found(verb: str) -> None:
    assert callable(runner(verb))


@pytest.mark.parametrize("verb", ["run", "list", "speed"])
def test_a_verb_shows_its_help_under_the_script_s_name_without_a_slow_package(verb: str, own: Path, light: str) -> None:
    done = routebench(own, verb, "--help", path=light)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[:3] == ["Usage:", "routebench", verb]


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("rnu", "unknown command 'rnu'; did you mean run? valid: run, list, report"),
        ("", "unknown command ''; valid: run"),
        ("--methods", "unknown command '--methods'; "),
        ("run\nlist", "unknown command 'run\\nlist'; "),
        ("__main__", "unknown command '__main__'; valid: "),
        ("x" * 5_000, "unknown command 'xxx"),
    ],
)
def test_an_unknown_verb_is_one_line(verb: str, expected: str, own: Path, light: str) -> None:
    done = routebench(own, verb, path=light)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {expected}")
    assert done.stderr.count("\n") == 1
    assert len(done.stderr) < 300


@pytest.mark.long
def test_beside_packages_of_the_same_names_ours_run_in_the_workers_too(own: Path) -> None:
    study = {
        "name": "mine",
        "dataset": "mnist5k[train=64, test=20]",
        "static_curve": [],
        "methods": ["resnet"],
        "recipe": RECIPE | {"epochs": 1},
        "evaluation": NOT_MEASURED,
    }
    (own / "mine.yaml").write_text(yaml.safe_dump(study))
    done = routebench(own, "run", "--study", "mine.yaml", "--device", "cpu")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "train resnet: done" in done.stdout
    assert (own / "reports" / "mine" / "index.html").is_file()
