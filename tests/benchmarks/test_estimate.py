"""How long training will take, with a clock that ticks once whenever it is read."""

from __future__ import annotations

from itertools import count

import pytest
import torch

from benchmarks.data import Dataset
from benchmarks.estimate import STEPS, estimate_training
from tests.benchmarks.cases import models, small_study

CPU = torch.device("cpu")
STEPS_PER_EPOCH = 512 // 32


@pytest.fixture(autouse=True)
def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = count()
    monkeypatch.setattr("benchmarks.estimate.time.perf_counter", lambda: float(next(ticks)))


def seconds(dataset: Dataset, method: str, epochs: int) -> float:
    (spec,) = models(small_study(method, recipe={"epochs": epochs}))
    return estimate_training(spec, dataset, CPU)


def test_all_epochs_take_as_long_per_step_as_the_timed_ones(few_digits: Dataset) -> None:
    assert seconds(few_digits, "resnet", 6) == pytest.approx(6 * STEPS_PER_EPOCH * 1 / STEPS)


def test_every_phase_is_timed_for_itself(few_digits: Dataset) -> None:
    assert seconds(few_digits, "branchynet", 4) == pytest.approx((2 + 2) * STEPS_PER_EPOCH * 1 / STEPS)
