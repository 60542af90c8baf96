"""Checks of what trackers need, before anything runs; imports nothing slow."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from benchmarks.cli.folders import check_writable

NEEDED = ("mlflow", "sqlalchemy", "alembic")
"""Packages of the extra `mlflow`."""


class TrackerMissing(ValueError):
    """A package that a tracker needs is not installed."""


def check_trackers(tensorboard: Path | None, mlflow: Path | None) -> None:
    """Check the folders of trackers, and that what writes them is installed.

    Raises:
        FolderError: a folder cannot be written.
        TrackerMissing: MLflow is not installed.
    """
    if tensorboard is not None:
        check_writable(tensorboard, "--tensorboard")
    if mlflow is not None:
        check_writable(mlflow, "--mlflow")
        missing = [name for name in NEEDED if find_spec(name) is None]
        if missing:
            raise TrackerMissing(f"--mlflow needs {', '.join(missing)}: python -m pip install 'routebench[mlflow]'")
