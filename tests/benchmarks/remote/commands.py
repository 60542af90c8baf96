"""The command that trains a small study whose results are at a URL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from typer.testing import CliRunner, Result

from benchmarks.cli.command import app
from tests.benchmarks.cases import NOT_MEASURED, RECIPE
from zoo.remote.files import RemoteFiles

STUDY: dict[str, Any] = {
    "name": "mine",
    "dataset": "mnist5k[train=64, test=20]",
    "static_curve": [],
    "methods": ["resnet"],
    "recipe": RECIPE | {"epochs": 1},
    "evaluation": NOT_MEASURED,
}
RUNNER = CliRunner(env={"COLUMNS": "200", "TERMINAL_WIDTH": "120"})
Command = Callable[..., Result]


def write_study(**fields: Any) -> None:
    """Write the study's file into the working folder."""
    Path("mine.yaml").write_text(yaml.safe_dump(STUDY | fields))


def invoke(results: str, *arguments: str) -> Result:
    """Run the command in this process."""
    return RUNNER.invoke(app, ["--study", "mine.yaml", "--scheduler", "inline", "--results", results, *arguments])


def answered(*arguments: str, of: Any) -> str:
    """What a verb prints."""
    result = RUNNER.invoke(of, list(arguments))
    assert result.exit_code == 0, result.output + repr(result.exception)
    return result.stdout


def objects(url: str) -> dict[str, str]:
    """What is at a URL, with tags."""
    return RemoteFiles(url).listing()
