"""The search for the highest rate, and times of stages between measured sizes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from benchmarks.speed.arrivals.highest_rate import highest_level, highest_rate
from benchmarks.speed.arrivals.queueing import Step
from benchmarks.speed.arrivals.stage_times import StageTimes, measure_times


@pytest.mark.parametrize("guess", [30, 90, 100, 101, 400])
def test_the_edge_is_found_from_both_sides(guess: float) -> None:
    assert 100 / 1.02 <= highest_rate(lambda rate: rate <= 100, guess) <= 100


def test_few_rates_are_tried_where_the_guess_is_good() -> None:
    tried: list[float] = []

    def sustains(rate: float) -> bool:
        tried.append(rate)
        return rate <= 100

    highest_rate(sustains, guess=95)
    assert len(tried) <= 6


@pytest.mark.parametrize(("answer", "words"), [(True, "every rate from 10"), (False, "no rate from 10")])
def test_a_search_without_end_says_so(answer: bool, words: str) -> None:
    with pytest.raises(ArithmeticError, match=words):
        highest_rate(lambda rate: answer, guess=10)


@pytest.mark.parametrize(("edge", "found"), [(0.5, 0.0), (1, 1.0), (6.5, 6.0), (7, 7.0), (9, 7.0)])
def test_the_highest_level_is_found_in_three_questions_of_seven(edge: float, found: float) -> None:
    asked: list[float] = []

    def sustains(rate: float) -> bool:
        asked.append(rate)
        return rate <= edge

    assert highest_level(sustains, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]) == found
    assert len(asked) == 3


def test_a_search_on_a_scale_ends_whatever_the_answers_are() -> None:
    answers = iter([False, True, False])
    assert highest_level(lambda rate: next(answers), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]) == 2.0


def test_times_are_linear_between_sizes_and_from_nothing() -> None:
    times = StageTimes((1, 4), [[2, 8], [1, 0.5]])
    assert [times(0, size) for size in (0, 0.5, 1, 2.5, 4)] == [0, 1, 2, 5, 8]
    assert times(1, 4) == 1


def test_every_stage_is_timed_at_every_size() -> None:
    now = 0.0

    class Slow:
        stages = 2

        def run(self, stage: int, batch: Sequence[int]) -> list[Step]:
            nonlocal now
            now += (stage + 1) * len(batch)
            return []

    times = measure_times(Slow(), [[0] * 4, [0] * 4], (1, 4), seconds=0, clock=lambda: now)
    assert [times(stage, size) for stage in (0, 1) for size in (1, 4)] == [1, 4, 2, 8]
