"""How often two equally good studies are told apart, and how often a real loss is found."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks.comparing.judgement import judge
from benchmarks.comparing.samples import ACCURACY, COST, Samples, Values
from benchmarks.comparing.tolerances import Tolerances

IMAGES, NETWORKS, STUDIES = 500, 16, 200
SEED_DEVIATION = 0.006
"""Standard deviation of a network's accuracy over seeds, where there are several: of one, nothing is said of others."""


def answers(rng: np.random.Generator, difficulty: Values, seeds: int, loss: float = 0.0) -> Values:
    """Right answers (seeds, images) of a network whose seeds differ, to images that differ in difficulty."""
    shift = rng.normal(0, SEED_DEVIATION if seeds > 1 else 0, (seeds, 1)) + loss
    right: Values = (rng.random((seeds, len(difficulty))) > np.clip(difficulty + shift, 0, 1)).astype(float)
    return right


def studies(seeds: int, loss: float) -> Iterator[list[Samples]]:
    """Two studies of 16 networks, again and again; the first network loses accuracy in the second."""
    rng = np.random.default_rng(0)
    for _ in range(STUDIES):
        difficulty = rng.beta(0.1, 1.9, IMAGES)
        yield [
            Samples(
                kind=ACCURACY,
                where="default",
                a=answers(rng, difficulty, seeds),
                b=answers(rng, difficulty, seeds, loss if number == 0 else 0.0),
                paired=True,
                same_seeds=False,
            )
            for number in range(NETWORKS)
        ]


@pytest.mark.parametrize("seeds", [1, 2, 3])
def test_equal_studies_are_told_apart_in_at_most_one_of_twenty(seeds: int) -> None:
    failed = sum(any(found.worse for found in judge(several, Tolerances())) for several in studies(seeds, 0.0))
    assert failed <= 0.05 * STUDIES


@pytest.mark.parametrize(("seeds", "loss"), [(1, 0.1), (3, 0.05)])
def test_a_loss_is_found(seeds: int, loss: float) -> None:
    found = [[one.worse for one in judge(several, Tolerances())] for several in studies(seeds, loss)]
    assert sum(first for first, *_ in found) >= 0.8 * STUDIES
    assert sum(any(others) for _, *others in found) <= 0.05 * STUDIES


def costs(*rows: list[float]) -> Values:
    return np.array(rows)


def samples_of_cost(a: Values, b: Values) -> Samples:
    return Samples(kind=COST, where="default", a=a, b=b, paired=True, same_seeds=False)


def test_a_cost_that_never_varies_may_not_grow_at_all_whatever_others_do() -> None:
    fixed = samples_of_cost(costs([4, 4], [4, 4]), costs([4, 4], [5, 5]) * 0 + 4.001)
    varies = samples_of_cost(costs([4, 2], [4, 4]), costs([4, 3], [2, 2]))
    first, second = judge([fixed, varies], Tolerances())
    assert (first.tolerance, first.worse) == (0, True)
    assert second.basis == "spread over seeds"


def test_a_lower_cost_is_never_worse() -> None:
    (found,) = judge([samples_of_cost(costs([4, 4]), costs([2, 2]))], Tolerances(cost=0))
    assert (found.change.value, found.worse) == (-0.5, False)


@pytest.mark.parametrize("seeds", [1, 2, 3])
def test_intervals_cover_a_change_of_nothing_in_all_networks_as_often_as_they_say(seeds: int) -> None:
    missed = sum(
        any(not found.change.low <= 0 <= found.change.high for found in judge(several, Tolerances()))
        for several in studies(seeds, 0.0)
    )
    assert missed <= 0.08 * STUDIES  # 5 %, and two standard errors of 200 studies


def test_the_same_seeds_are_paired() -> None:
    a = np.array([[1.0] * 90 + [0.0] * 10, [1.0] * 60 + [0.0] * 40])
    b = a.copy()
    b[:, 0] = 0
    same, other = (
        judge([Samples(kind=ACCURACY, where="default", a=a, b=b, paired=True, same_seeds=paired)], Tolerances())[0]
        for paired in (True, False)
    )
    assert same.change.value == other.change.value == pytest.approx(-0.01)
    assert same.change.high - same.change.low < 0.05 < other.change.high - other.change.low
