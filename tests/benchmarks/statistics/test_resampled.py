"""Uncertainty from images drawn again: on means, where it is known, it is what the components of means say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.statistics import ContrastModel, resampled_components
from benchmarks.statistics.components import components
from benchmarks.statistics.moderation import Floats
from tests.benchmarks.statistics.simulated import study

STUDIES = 300
ONE_MINUS_OTHER = np.array([[1.0, -1.0]])


def drawn(answers: list[NDArray[np.bool_]], count: int, generator: np.random.Generator) -> list[Floats]:
    """Accuracies (S, count) of every network on images drawn again, the same for all of them."""
    images = answers[0].shape[1]
    chosen = generator.integers(images, size=(count, images))
    return [own[:, chosen].mean(axis=2) for own in answers]


def test_of_means_the_components_are_those_of_the_single_answers() -> None:
    generator = np.random.default_rng(0)
    answers = study(generator, (0.7, 0.8), seeds=3, images=400, over_seeds=0.02)
    expected = components(answers)
    values = [own.mean(axis=1) for own in answers]
    found = resampled_components(values, drawn(answers, 20_000, generator), images=400)
    assert found.accuracy == pytest.approx(expected.accuracy)
    assert found.seeds.tolist() == [3, 3]
    assert found.df.tolist() == [2, 2]
    assert found.image_covariance == pytest.approx(expected.image_covariance, rel=0.05)
    assert found.of_seeds == pytest.approx(expected.of_seeds)


def test_one_seed_each_has_the_images_alone() -> None:
    found = resampled_components(
        [np.array([0.5]), np.array([0.6])], [np.array([[0.4, 0.6]]), np.array([[0.5, 0.7]])], 10
    )
    # the two draws lie .1 below and above each mean, together: variance and covariance .02
    assert found.image_covariance == pytest.approx(np.full((2, 2), 0.02))
    assert found.seed_variance is None


def test_what_seeds_do_not_share_over_draws_is_left_to_the_variance_between_seeds() -> None:
    # two seeds that go up and down against each other: their mean does not move, and nothing is left for the images
    draws = np.array([[0.4, 0.6], [0.6, 0.4]])
    found = resampled_components([np.array([0.5, 0.5])], [draws], 10)
    assert found.image_covariance[0, 0] == pytest.approx(0 - 0.04 / 2)  # rest: four times .01, one degree of freedom
    assert np.sqrt(np.maximum(found.image_covariance, 0)) == pytest.approx(0)


@pytest.mark.parametrize("seeds", [1, 3])
def test_intervals_of_a_difference_cover_it_as_often_as_they_say(seeds: int) -> None:
    generator = np.random.default_rng(seeds)
    over_seeds = 0.0 if seeds == 1 else 0.03
    covered = 0
    for _ in range(STUDIES):
        answers = study(generator, (0.75, 0.80), seeds=seeds, images=150, over_seeds=over_seeds)
        values = [own.mean(axis=1) for own in answers]
        parts = resampled_components(values, drawn(answers, 100, generator), images=150)
        found = ContrastModel(parts, draws=1_000).contrasts(ONE_MINUS_OTHER)
        covered += bool(found.low[0] <= -0.05 <= found.high[0])
    # 95 % of 300 studies, less or more by three standard deviations of 1.3 %; some more is no fault
    assert covered / STUDIES >= 0.91


def test_draws_must_belong_together() -> None:
    one, two = np.zeros((1, 3)), np.zeros((1, 4))
    for values, draws in (
        ([np.zeros(1), np.zeros(1)], [one, two]),
        ([np.zeros(2)], [one]),
        ([np.zeros(1)], [np.zeros((1, 1))]),
        ([], []),
    ):
        with pytest.raises(ValueError, match="networks must have the same draws of images, at least two"):
            resampled_components(values, draws, 10)
