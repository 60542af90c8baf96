"""From a data set to what networks for it are built for."""

from __future__ import annotations

from benchmarks.data import DatasetInfo
from zoo.network import Task


def task_of(info: DatasetInfo) -> Task:
    """What networks for a data set are built for."""
    return Task(shape=info.shape, classes=len(info.classes), mean=info.mean, std=info.std)
