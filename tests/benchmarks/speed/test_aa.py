"""The A/A check, on a clock that only passes move."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from benchmarks.data import Dataset
from benchmarks.measuring import turns
from benchmarks.measuring.configurations import Configuration
from benchmarks.speed import aa

FACTORS = {"static resnet": 1.0, "same": 1.0, "slowed": 1.05}


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Passes that run nothing and take what the factors say, with noise of 2 %."""
    factors = dict(FACTORS)
    rng = np.random.default_rng(0)

    def timed(configuration: Configuration, batch: Tensor) -> tuple[float, float]:
        return 0.001 * factors[configuration.name] * rng.lognormal(0, 0.02), float("nan")

    monkeypatch.setattr(turns, "_timed", timed)
    monkeypatch.setattr(aa, "CHECKS", 4)
    return factors


def measured(seconds: float = 8.0) -> pd.DataFrame:
    return aa.measure(seconds)


def test_copies_that_take_the_same_time_pass_and_the_slow_one_is_found(simulated: dict[str, float]) -> None:
    rows = measured()
    assert rows["ratio"].tolist() == [1.0, 1.0]
    assert rows["turns"].tolist() == [4, 4]
    assert "100% of the checks ended with a narrow interval" in rows["configuration"][0]


def test_a_copy_that_takes_longer_fails_the_check(simulated: dict[str, float]) -> None:
    simulated["same"] = 1.05
    assert measured()["ratio"].tolist() == [0.0, 1.0]


def test_a_slow_down_that_is_not_there_is_not_found(simulated: dict[str, float]) -> None:
    simulated["slowed"] = 1.0
    assert measured()["ratio"].tolist() == [1.0, 0.0]


def test_the_slow_copy_gives_the_same_answers(few_digits: Dataset) -> None:
    first, slowed = (aa.contender(few_digits, name) for name in ("", "slowed"))
    assert first.served is not None
    assert slowed.served is not None
    batch = first.images[:8]
    assert first.served(batch).logits.equal(slowed.served(batch).logits)


def test_a_call_is_slowed_by_a_share_of_the_time_that_it_took_itself() -> None:
    own: list[float] = []

    def work(batch: torch.Tensor) -> None:
        started = time.perf_counter()
        time.sleep(0.01)
        own.append(time.perf_counter() - started)

    started = time.perf_counter()
    aa.slow_down(work)(torch.zeros(1))
    assert time.perf_counter() - started >= (1 + aa.SLOWER) * own[0]
