"""From a data set to the task of its networks."""

from __future__ import annotations

from benchmarks.data import DatasetInfo
from zoo.network import Task


def task_of(info: DatasetInfo) -> Task:
    """The task of networks for a data set: shape of images, classes, normalisation."""
    return Task(shape=info.shape, classes=len(info.classes), mean=info.mean, std=info.std)
