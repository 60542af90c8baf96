"""Turns and ratios, on a clock that only calls move."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.speed.turns import Ratio, ratio, take_turns


def test_contenders_alternate_and_are_charged_their_own_time() -> None:
    now = 0.0
    calls: list[str] = []

    def contender(name: str, cost: float) -> None:
        nonlocal now
        now += cost
        calls.append(name)

    times = take_turns(
        {"a": lambda: contender("a", 2.0), "b": lambda: contender("b", 3.0)}, 0.0, clock=lambda: now, fewest=4
    )
    assert calls == ["a", "b"] * 5  # the first turn warms up
    assert times["a"].tolist() == [2.0] * 4
    assert times["b"].tolist() == [3.0] * 4


def test_a_budget_is_used_up() -> None:
    assert len(take_turns({"a": lambda: None}, 0.05, fewest=1)["a"]) > 10


def test_a_ratio_is_taken_turn_by_turn() -> None:
    found = ratio(np.array([2.0, 4.0, 6.0, 8.0, 100.0]), np.array([1.0, 2.0, 2.0, 2.0, 20.0]))  # 2 2 3 4 5
    assert found == Ratio(3.0, 2.0, 4.0, 5)
    assert str(found) == "3.00 (2.00-4.00)"
    assert found.scaled(0.5) == Ratio(1.5, 1.0, 2.0, 5)


def test_quartiles_surround_the_median() -> None:
    rng = np.random.default_rng(0)
    found = ratio(rng.uniform(1, 2, 101), np.ones(101))
    assert 1 < found.low < found.median < found.high < 2
    assert found.median == pytest.approx(1.5, abs=0.2)
