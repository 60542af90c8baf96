"""Warm-ups by steps and at a constant rate, and phases that have a schedule of their own."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from benchmarks.data import Dataset
from benchmarks.training.loop import make_optimizer, train_epoch
from benchmarks.training.recipe import Recipe
from benchmarks.training.schedule import PhaseEpoch, learning_rate
from tests.benchmarks.training.test_loop import Linear
from zoo import Phase, Schedule

CPU = torch.device("cpu")
TRAIN = Phase(name="train")


def by_step(recipe: Recipe, steps: int, phase: Phase = TRAIN) -> list[float]:
    """The rate of every step of a phase."""
    return [learning_rate(recipe, phase, step / steps, steps=steps) for step in range(steps)]


def test_a_warmup_by_steps_rises_to_the_peak_in_so_many_steps() -> None:
    found = by_step(Recipe(lr=0.8, schedule="constant", warmup_steps=4), 10)
    assert found == pytest.approx([0.04 * 0.8, 0.2, 0.4, 0.6, *[0.8] * 6])


@pytest.mark.parametrize("steps", [401, 351 * 182, 1_000_003])
def test_he_et_al_warm_up_for_400_steps_at_a_tenth_of_the_peak(steps: int) -> None:
    recipe = Recipe(lr=0.1, schedule="step", warmup_steps=400, warmup_lr=0.01, milestones=(0.999,))
    rates = [learning_rate(recipe, TRAIN, step / steps, steps=steps) for step in (0, 1, 398, 399, 400)]
    assert rates == [0.01] * 4 + [0.1]


def test_a_warmup_longer_than_its_phase_is_all_of_it() -> None:
    assert by_step(Recipe(lr=1.0, warmup_steps=8), 4) == pytest.approx([0.04, 1 / 8, 2 / 8, 3 / 8])


def test_after_a_warmup_by_steps_the_cosine_takes_what_is_left() -> None:
    found = by_step(Recipe(lr=0.8, schedule="cosine", warmup_steps=2), 6)
    # four steps are left: cos of 0, 45, 90 and 135 degrees
    assert found[2:] == pytest.approx([0.8 * (1 + cosine) / 2 for cosine in (1, 0.5**0.5, 0, -(0.5**0.5))])


def test_a_warmup_leaves_the_milestones_where_they_are() -> None:
    found = by_step(Recipe(lr=1.0, schedule="step", milestones=(0.5,), warmup_steps=2, warmup_lr=0.3), 6)
    assert found == pytest.approx([0.3, 0.3, 1, 0.1, 0.1, 0.1])


def test_a_warmup_by_share_may_have_a_constant_rate() -> None:
    found = by_step(Recipe(lr=1.0, schedule="constant", warmup=0.4, warmup_lr=0.3), 5)
    assert found == pytest.approx([0.3, 0.3, 1, 1, 1])


def test_a_phase_scales_the_rate_of_its_warmup() -> None:
    found = by_step(
        Recipe(lr=1.0, schedule="constant", warmup_steps=1, warmup_lr=0.3), 2, Phase(name="a", lr_scale=0.5)
    )
    assert found == pytest.approx([0.15, 0.5])


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule(kind="constant"), [0.5, 0.5, 0.5, 0.5]),
        (Schedule(kind="step", milestones=(0.25, 0.75)), [0.5, 0.05, 0.05, 0.005]),
        (Schedule(kind="step", milestones=(0.5,), factor=0.2), [0.5, 0.5, 0.1, 0.1]),
        (Schedule(kind="cosine"), [0.5, 0.25 * (1 + 0.5**0.5), 0.25, 0.25 * (1 - 0.5**0.5)]),
    ],
)
@pytest.mark.parametrize("own", [{"schedule": "cosine"}, {"schedule": "step", "warmup_steps": 2}, {"warmup": 0.5}])
def test_a_phase_with_a_schedule_follows_it_whatever_the_recipe_has(
    schedule: Schedule, expected: list[float], own: dict[str, Any]
) -> None:
    phase = Phase(name="fine", lr_scale=0.5, schedule=schedule)
    assert by_step(Recipe(lr=1.0, **own), 4, phase) == pytest.approx(expected)


@pytest.mark.parametrize("milestones", [(0.5, 0.5), (0.6, 0.4), (0.0, 0.5), (0.5, 1.0)])
def test_milestones_of_a_phase_increase_within_it(milestones: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="milestones must be increasing fractions of a phase"):
        Schedule(kind="step", milestones=milestones)


def test_two_lengths_of_a_warmup_are_refused() -> None:
    with pytest.raises(ValueError, match=r"warmup 0.25 and warmup_steps 400 are two lengths of one warm-up; write 0"):
        Recipe(warmup=0.25, warmup_steps=400)


def test_a_warmup_by_steps_needs_to_know_how_many_there_are() -> None:
    with pytest.raises(ValueError, match="needs the number of the phase's steps"):
        learning_rate(Recipe(warmup_steps=1), TRAIN, 0.0)


def test_recipes_without_the_newer_fields_are_stored_as_before_them() -> None:
    newer = {"adversarial", "warmup_steps", "warmup_lr", "idle_updates"}
    assert newer & Recipe(warmup_steps=0, warmup_lr=None, idle_updates=False).model_dump().keys() == set()
    changed = Recipe(warmup_steps=3, warmup_lr=0.5, idle_updates=True).model_dump()
    assert newer & changed.keys() == {"warmup_steps", "warmup_lr", "idle_updates"}
    assert Recipe.model_validate(changed).model_dump() == changed


def test_the_loop_counts_the_steps_of_the_whole_phase(few_digits: Dataset) -> None:
    # 4 steps per epoch and 3 epochs: a warm-up of 6 steps ends in the middle of the second epoch
    recipe = Recipe(lr=0.5, schedule="constant", warmup_steps=6, warmup_lr=0.125, batch_size=32, augment=False)
    net, split = Linear(), few_digits.train.take(128)
    optimizer = make_optimizer(net, recipe)
    rates: list[float] = []
    optimizer.register_step_post_hook(lambda *_: rates.append(optimizer.param_groups[0]["lr"]))
    for epoch in range(3):
        place = PhaseEpoch(TRAIN, epoch, 3)
        train_epoch(net, split, optimizer, recipe, place, torch.Generator().manual_seed(0), CPU)
    assert rates == [0.125] * 6 + [0.5] * 6
