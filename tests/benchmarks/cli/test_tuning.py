"""The command `python -m benchmarks.tune`, in this process."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.cli.tuning import app

DIVERGING = "dataset: mnist5k[train=512, test=64]\nmethods: [resnet]\nrecipe: {lr: 1.0e+28, epochs: 1, warmup: 0.0}\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--methods", "nett"], "error: methods: unknown method 'nett'; did you mean resnet"),
        (
            ["--methods", "branchynet", "--epochs", "1"],
            "error: --epochs: branchynet needs at least 2, one per training",
        ),
        (["--epochs", "0"], "error: --epochs: resnet needs at least 1, one per training phase"),
    ],
)
def test_a_mistake_is_one_line(options: list[str], message: str, tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["--results", str(tmp_path), "--trials", "2", "--device", "cpu", *options])
    assert found.exit_code == 2
    assert message in found.output
    assert not list(tmp_path.iterdir())


def test_a_network_whose_trials_all_diverge_is_named(tmp_path: Path) -> None:
    (tmp_path / "high.yaml").write_text(DIVERGING)
    options = ["--study", str(tmp_path / "high.yaml"), "--trials", "2", "--device", "cpu", "--scheduler", "inline"]
    found = CliRunner().invoke(app, [*options, "--results", str(tmp_path / "results")])
    assert found.exit_code == 1
    assert "resnet, trial 1: diverged after 0 epochs, no accuracy" in found.output
    assert "resnet: no trial trained to the end; lower the study's learning rate" in found.output
