"""`benchmarks.run` as a process of its own, for tests that disturb it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

from tests.benchmarks.cases import NOT_MEASURED, small_study

EPOCHS = 12
FIRST = "RouteBench: loading torch ...\n"
"""What the command says at once, on standard error."""
WITH_SIGINT = (
    "import os, signal, sys; signal.signal(2, getattr(signal, sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])"
)
"""Starts a command as a terminal does, or a shell's background job, whatever the tests' own parent ignores."""


def command(results: Path, scheduler: str, *, epochs: int = EPOCHS) -> list[str]:
    """Train one network, by the command."""
    results.mkdir(exist_ok=True)
    study = small_study(recipe={"epochs": epochs}, evaluation=NOT_MEASURED)
    file = results / "small.yaml"
    file.write_text(yaml.safe_dump(study.model_dump(mode="json")))
    paths = ["--study", str(file), "--results", str(results), "--reports", str(results / "reports")]
    return [sys.executable, "-W", "ignore", "-m", "benchmarks.run", *paths, "--scheduler", scheduler]


def finish(results: Path, scheduler: str, *, epochs: int = EPOCHS) -> str:
    """Run the command to its end; what it printed."""
    whole = command(results, scheduler, epochs=epochs)
    done = subprocess.run(whole, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def start(results: Path, scheduler: str, *, epochs: int = EPOCHS, sigint: str = "SIG_DFL") -> subprocess.Popen[str]:
    """Begin to run the command in a session of its own; it is in its third epoch."""
    started = subprocess.Popen(
        [sys.executable, "-c", WITH_SIGINT, sigint, *command(results, scheduler, epochs=epochs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert started.stdout is not None
    for line in started.stdout:
        if f"epoch 3/{epochs}" in line:
            break
    return started
