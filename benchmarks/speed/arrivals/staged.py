"""Networks as servers: every stage is a function of a batch, whichever runtime computes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from benchmarks.speed.arrivals.queueing import Step

Features = tuple[Any, ...]
"""Tensors or NumPy arrays with a row per request: images in front of the first stage."""


class StageOutput(NamedTuple):
    """What a stage made of n requests.

    Attributes:
        leaves: n, whether each is answered here.
        answers: n, the class of each as this stage sees it.
        features: of all n, for the next stage; not looked at where all leave.
    """

    leaves: Sequence[bool]
    answers: Sequence[int]
    features: Features


Stage = Callable[[Features], StageOutput]
"""A stage of a network, in any runtime."""


class StagedServer:
    """Runs stages on batches that are put together from single requests, each a row of features."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self._stages = stages

    @property
    def stages(self) -> int:
        """How many there are."""
        return len(self._stages)

    def run(self, stage: int, batch: Sequence[Features]) -> list[Step]:
        """Run a stage on requests, each a tuple of arrays with one row."""
        leaves, answers, features = self._stages[stage](_joined(batch))
        return [
            Step(True, answers[row]) if left else Step(False, _row(features, row)) for row, left in enumerate(leaves)
        ]

    def carried(self, stage: int, batch: Sequence[Features]) -> list[Features]:
        """What a stage but the last would hand on of each request if nobody left."""
        features = self._stages[stage](_joined(batch)).features
        return [_row(features, row) for row in range(len(batch))]


def _row(features: Features, row: int) -> Features:
    return tuple(part[row : row + 1] for part in features)


def _joined(batch: Sequence[Features]) -> Features:
    return tuple(_stacked(rows) for rows in zip(*batch, strict=True))


def _stacked(rows: Sequence[Any]) -> Any:
    if len(rows) == 1:
        return rows[0]
    if isinstance(rows[0], Tensor):
        stacked = torch.cat(list(rows))
        return stacked.contiguous(memory_format=torch.channels_last) if stacked.ndim == 4 else stacked
    return np.concatenate(rows)
