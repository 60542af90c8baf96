"""How often two equally good studies are told apart, and how often a real loss is found."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks.comparing import changes
from benchmarks.comparing.judgement import judge
from benchmarks.comparing.samples import ACCURACY, COST, Samples, Values
from benchmarks.comparing.tolerances import Tolerances

IMAGES, NETWORKS, STUDIES = 500, 16, 200
SEED_DEVIATION = 0.006
"""Standard deviation of a network's accuracy over seeds, where there are several: of one, nothing is said of others."""


@pytest.fixture
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of studies do with fewer draws each."""
    monkeypatch.setattr(changes, "DRAWS", 1_000)


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


@pytest.mark.usefixtures("few_draws")
@pytest.mark.parametrize("seeds", [1, 2, 3])
def test_equal_studies_are_told_apart_in_at_most_one_of_twenty(seeds: int) -> None:
    failed = sum(any(found.worse for found in judge(several, Tolerances())) for several in studies(seeds, 0.0))
    assert failed <= 0.05 * STUDIES


@pytest.mark.usefixtures("few_draws")
@pytest.mark.parametrize(("seeds", "loss"), [(1, 0.1), (3, 0.05)])
def test_a_loss_is_found(seeds: int, loss: float) -> None:
    found = [[one.worse for one in judge(several, Tolerances())] for several in studies(seeds, loss)]
    assert sum(first for first, *_ in found) >= 0.8 * STUDIES
    assert sum(any(others) for _, *others in found) <= 0.05 * STUDIES


@pytest.mark.usefixtures("few_draws")
@pytest.mark.parametrize("seeds", [1, 3])
def test_changes_that_differ_from_seed_to_seed_are_not_taken_for_one_of_all(seeds: int) -> None:
    """The same seeds on another machine: every seed changes some answers, as many to wrong as to right."""
    rng = np.random.default_rng(1)
    missed = 0
    for _ in range(STUDIES):
        several = []
        for _ in range(NETWORKS):
            a = rng.random((seeds, IMAGES)) < 0.9
            b = np.where(rng.random((seeds, IMAGES)) < 0.05, rng.random((seeds, IMAGES)) < 0.9, a)
            several.append(samples_of_seeds(a.astype(float), b.astype(float)))
        missed += any(not found.change.low <= 0 <= found.change.high for found in judge(several, Tolerances()))
    assert missed <= 0.08 * STUDIES


def samples_of_seeds(a: Values, b: Values) -> Samples:
    return Samples(kind=ACCURACY, where="default", a=a, b=b, paired=True, same_seeds=True)


def test_what_equal_seeds_made_equal_is_certain() -> None:
    same, other = np.ones((2, 50)), np.ones((2, 50))
    other[0, 0] = 0
    first, second = judge([samples_of_seeds(same, same), samples_of_seeds(same, other)], Tolerances())
    assert (first.change.value, first.change.low, first.change.high) == (0, 0, 0)
    assert second.change.low < second.change.value == pytest.approx(-0.01)


def test_a_network_with_several_seeds_alone_leaves_others_their_images() -> None:
    """How much one network varies is not known to hold for others, which have one seed each."""
    rng = np.random.default_rng(2)
    difficulty = rng.beta(0.1, 1.9, IMAGES)
    several = [
        Samples(
            kind=ACCURACY,
            where="default",
            a=answers(rng, difficulty, seeds),
            b=answers(rng, difficulty, seeds),
            paired=True,
            same_seeds=False,
        )
        for seeds in (3, 1, 1)
    ]
    found = judge(several, Tolerances())
    assert [one.basis for one in found] == ["spread over seeds", *["interval of the test images"] * 2]
    assert all(one.change.high - one.change.low < 0.2 for one in found)


@pytest.mark.usefixtures("few_draws")
def test_costs_change_by_their_ratio_with_the_interval_of_images_and_seeds() -> None:
    rng = np.random.default_rng(3)
    missed = 0
    for _ in range(STUDIES):
        several = []
        for _ in range(NETWORKS):
            image = rng.choice([1.0, 2.0, 3.0], IMAGES)
            rates = rng.normal(1, 0.03, (2, 3, 1))
            a, b = (image * rate * 1e6 for rate in rates)
            several.append(samples_of_cost(a, 1.2 * b))
        found = judge(several, Tolerances())
        missed += any(not one.change.low <= 0.2 <= one.change.high for one in found)
    assert missed <= 0.08 * STUDIES
    assert found[0].change.high - found[0].change.low < 0.3


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


@pytest.mark.usefixtures("few_draws")
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
    # one image of 100 changed, and one more may have: sqrt(1 + 1) / 100; the seeds' changes are equal
    assert same.change.high - same.change.low == pytest.approx(2 * 1.96 * np.sqrt(2) / 100, rel=0.05)
    # the seeds are 30 points apart: a variance of .045 in both, hence of the difference of means of two; t(.975, 2)
    assert other.change.high - other.change.low == pytest.approx(2 * 4.303 * np.sqrt(0.045), rel=0.05)
