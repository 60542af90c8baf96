"""Tuning that is killed goes on where it was: no trial that has ended is trained again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.study.study import load_study

ROOT = Path(__file__).parents[3]
LIMIT = 500.0
"""Seconds for a step that takes 20 on a quiet machine."""


def tune(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.tune", "--dataset", "mnist5k[train=512, test=64]"]
    command += ["--methods", "resnet, adanet", "--trials", "4", "--epochs", "3", "--device", "cpu"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_tuning_that_is_killed_goes_on_and_repeats_no_trial(tmp_path: Path) -> None:
    trials = tmp_path / "results" / "quick" / "tuning" / "trials"
    first, started = tune(tmp_path), time.monotonic()
    while len(list(trials.glob("*.json"))) < 2 and time.monotonic() - started < LIMIT:
        assert first.poll() is None, first.communicate()
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    known = {path.name: path.read_bytes() for path in trials.glob("*.json")}
    assert 2 <= len(known) < 8

    out, errors = tune(tmp_path).communicate(timeout=LIMIT)
    assert "To use them: python -m benchmarks.run --study results/quick/tuning/tuned.yaml" in out, errors
    assert {name: (trials / name).read_bytes() for name in known} == known
    assert len(list(trials.glob("*.json"))) == 8
    table = pd.read_parquet(trials.parent / "trials.parquet")
    assert sorted(zip(table["network"], table["trial"], strict=True)) == [
        (network, number) for network in ("adanet", "resnet") for number in range(4)
    ]
    assert set(table["state"]) <= {"finished", "stopped", "diverged"}
    assert set(json.loads(table["values"][0])) >= {"lr", "weight_decay"}

    study = load_study(str(trials.parent / "tuned.yaml"))
    assert {"resnet", "adanet"} <= {spec.method for spec in study.models()}
    again, _ = tune(tmp_path).communicate(timeout=LIMIT)
    assert "All trials have ended already." in again
