"""Commands answer before they import torch: help and errors of usage without it, and a line that says what they do.

In place of torch, pandas and Ray, these commands find packages that say so and end the process.
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.imports import ROOT

SLOW = ("torch", "torchvision", "pandas", "numpy", "pyarrow", "ray")
EXPORT = "export a resnet --out net"
IMPORTED = "a slow package is imported"
VERBS = (
    "run",
    "list",
    "report",
    "compare",
    "tune",
    "reproduce",
    "export",
    "transfer",
    "status",
    "schema",
    "speed",
    "ranks",
)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder with two studies, to be the working directory, in which slow packages end the process."""
    for name in SLOW:
        (tmp_path / f"{name}.py").write_text(f"import sys\nprint('{IMPORTED}', file=sys.stderr)\nsys.exit(9)\n")
    for name in ("a", "b"):
        (tmp_path / "results" / name).mkdir(parents=True)
        (tmp_path / "results" / name / "study.yaml").write_text("format: 2\n")
    return tmp_path


def command(verb: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.{verb}", *arguments]


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "XDG_CACHE_HOME": "cache"}


def answer(house: Path, verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a command prints into pipes, and its status."""
    return subprocess.run(
        command(verb, *arguments), cwd=house, env=environment(), capture_output=True, text=True, check=False
    )


def on_a_terminal(house: Path, verb: str, *arguments: str) -> str:
    """What a command writes to a terminal on standard error."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command(verb, *arguments), cwd=house, env=environment(), stdout=subprocess.DEVNULL, stderr=theirs
    ) as started:
        os.close(theirs)
        written = b""
        while True:
            try:
                piece = os.read(ours, 1024)
            except OSError:  # how Linux says that nobody has the other end any more
                break
            if not piece:
                break
            written += piece
        started.wait()
    os.close(ours)
    return written.decode()


@pytest.mark.parametrize("verb", VERBS)
def test_help_needs_no_slow_package(verb: str, house: Path) -> None:
    done = answer(house, verb, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"benchmarks.{verb}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        *((f"{verb} --fast", "--fast") for verb in VERBS),
        ("run --study nope.yaml", "error: no study 'nope.yaml'"),
        ("run --data-root nowhere", "error: --data-root: nowhere is not there"),
        ("run --epochs many", "'--epochs'"),
        ("list colours", "'methods', 'presets', 'fidelity', 'datasets', 'studies'"),
        ("list --recount methods", "error: --recount counts every preset"),
        ("report nowhere", "error: nowhere is missing: no study has been run there"),
        ("report results", "error: results holds no results: study.yaml is missing"),
        ("compare a nowhere", "error: nowhere is missing: no study has been run there; valid: results/a, results/b"),
        ("ranks a nowhere", "error: nowhere is missing: no study has been run there; valid: results/a, results/b"),
        ("compare a b --tolerance-cost -1", "error: --tolerance-cost: -1.0 must be at least 0"),
        ("reproduce nowhere", "error: nowhere is missing"),
        ("reproduce a --data-root nowhere", "error: --data-root: nowhere is not there"),
        ("export nowhere resnet --out net", "error: nowhere is missing"),
        ("export a resnet", "--out"),
        ("export a resnet --out results", "error: --out: results holds 'a'; name a new or an empty folder"),
        ("tune --study nope.yaml", "error: no study 'nope.yaml'"),
        ("tune --trials 1", "'--trials'"),
    ],
)
def test_an_error_of_usage_needs_no_slow_package(arguments: str, expected: str, house: Path) -> None:
    done = answer(house, *arguments.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert expected in done.stderr
    assert IMPORTED not in done.stderr


@pytest.mark.parametrize("arguments", ["run", "list", "report results/a", "compare a b", "tune", "reproduce a", EXPORT])
def test_a_command_says_that_it_loads_torch_before_it_does(arguments: str, house: Path) -> None:
    written = on_a_terminal(house, *arguments.split())
    assert IMPORTED in written
    assert "RouteBench: loading torch ..." in written.partition(IMPORTED)[0]


@pytest.mark.parametrize("arguments", ["run", "tune", "reproduce a"])
def test_a_command_that_takes_minutes_says_so_in_a_log_too(arguments: str, house: Path) -> None:
    done = answer(house, *arguments.split())
    assert (done.returncode, done.stdout) == (9, "")
    assert done.stderr.splitlines() == ["RouteBench: loading torch ...", IMPORTED]


@pytest.mark.parametrize("arguments", ["list", "report results/a", "compare a b", "ranks a b", EXPORT])
def test_a_shorter_one_says_nothing_of_that_in_a_pipe(arguments: str, house: Path) -> None:
    done = answer(house, *arguments.split())
    assert (done.returncode, done.stdout, done.stderr) == (9, "", f"{IMPORTED}\n")
