"""`benchmarks.check` finds what is wrong with a plug-in, and says it to somebody who has not read the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks import check
from tests.benchmarks.plugins.package import EXAMPLES, write_package

ROOT = Path(__file__).parents[3]
FAULTS = {
    "noise.py": ("(images + epsilon * torch.randn_like(images).sign()).clamp(0, 1)", "images + 0.1 + 2 * epsilon"),
    "parity.py": (
        "images, digits % 2, validation=180, test=360)",
        "images[:60].repeat(20, 0), digits[:60].repeat(20) % 2, validation=180, test=360)",
    ),
    "margin.py": ('"margin": (best[:, 0] - best[:, 1]).cpu()', '"margin": torch.rand(len(best))'),
}


def plant(folder: Path, *examples: str) -> None:
    """Write examples with a fault each as single files."""
    for name in examples:
        source = (EXAMPLES / name).read_text()
        right, wrong = FAULTS[name]
        assert right in source
        (folder / name).write_text(source.replace(right, wrong))


def checked(folder: Path, *plugins: str) -> tuple[int, str]:
    """Exit status and what is printed, as one line."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.check", *plugins]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_faults_of_an_attack_and_of_a_data_set_are_named(tmp_path: Path) -> None:
    plant(tmp_path, "noise.py", "parity.py")
    status, said = checked(tmp_path, "noise", "./parity.py")
    assert status == 1
    assert "attack noise: 3 of 6 checks fail" in said
    assert "fails: images stay in the ball and in the range of pixels (epsilon 0.05): pixels stay" in said
    assert "fails: a ball without room leaves images as they are: at epsilon 0 nothing may" in said
    assert "data set parity: " in said
    assert "fails: splits are disjoint: " in said
    assert "images are in train and in test" in said


@pytest.mark.long
def test_faults_of_an_evaluator_are_named_and_a_package_without_any_passes(tmp_path: Path) -> None:
    plant(tmp_path, "margin.py")
    status, said = checked(tmp_path, "margin")
    assert status == 1
    assert "evaluator margin: 3 of 12 checks fail" in said
    assert said.count("fails: the same network gives the same table (network ") == 3
    (tmp_path / "margin.py").unlink()
    write_package(tmp_path)
    status, said = checked(tmp_path, "my_package")
    assert status == 0, said
    for subject in ("method big_little", "attack noise", "evaluator margin", "data set parity", "figure margin"):
        assert f"{subject}: " in said


def test_without_pytest_one_line_says_how_to_get_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "noise.py").write_text((EXAMPLES / "noise.py").read_text())
    monkeypatch.setattr(check, "find_spec", lambda name: None)
    result = CliRunner().invoke(check.app, ["noise"])
    assert result.exit_code == 2
    assert result.stderr == "error: the checks need pytest: python -m pip install 'routebench[check]'\n"
