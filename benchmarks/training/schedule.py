"""Which phase every epoch of a training belongs to, and the learning rate of every step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.training.recipe import Recipe
from zoo.network import Phase, Schedule


@dataclass(frozen=True)
class PhaseEpoch:
    """The place of an epoch in its phase: number `epoch`, from 0, of `epochs`; earlier phases have `before` epochs."""

    phase: Phase
    epoch: int
    epochs: int
    before: int = 0


def epochs_of_phases(phases: Sequence[Phase], epochs: int) -> list[PhaseEpoch]:
    """The phase of every epoch; shares are rounded so that each phase has at least one epoch.

    Raises:
        ValueError: fewer epochs than phases, or shares that do not add up to 1.
    """
    if not math.isclose(sum(phase.share for phase in phases), 1, abs_tol=1e-6):
        raise ValueError(f"the shares of phases {[phase.name for phase in phases]} do not add up to 1")
    if epochs < len(phases):
        raise ValueError(f"epochs must be at least {len(phases)}, one per phase, not {epochs}")
    places: list[PhaseEpoch] = []
    share = 0.0
    for index, phase in enumerate(phases):
        share += phase.share
        phases_after = len(phases) - 1 - index
        end = min(max(round(share * epochs), len(places) + 1), epochs - phases_after)
        before, length = len(places), end - len(places)
        places += [PhaseEpoch(phase, position, length, before) for position in range(length)]
    return places


def learning_rate(recipe: Recipe, phase: Phase, progress: float, *, steps: int | None = None) -> float:
    """Learning rate after a part of a phase.

    A phase that has a schedule of its own follows it from the first step; all others warm up and then follow the
    recipe's.

    Args:
        recipe: of the training.
        phase: whose rate it is.
        progress: the part, in [0, 1).
        steps: of the whole phase; None where the recipe does not warm up by steps.

    Raises:
        ValueError: the recipe warms up by steps, and nothing says how many the phase has.
    """
    peak = recipe.lr * phase.lr_scale
    if phase.schedule is not None:
        return peak * _share(phase.schedule, progress)
    warmup = recipe.warmup
    warms_up = progress < warmup
    if recipe.warmup_steps:
        if steps is None:
            raise ValueError("a recipe with warmup_steps needs the number of the phase's steps")
        warmup = recipe.warmup_steps / steps
        warms_up = round(progress * steps) < recipe.warmup_steps
    if warms_up and recipe.warmup_lr is not None:
        return recipe.warmup_lr * phase.lr_scale
    if warms_up:
        return peak * max(progress / warmup, 0.04)
    if recipe.schedule == "cosine":
        progress = (progress - warmup) / (1 - warmup)
    schedule = Schedule(kind=recipe.schedule, milestones=recipe.milestones, factor=recipe.step_factor)
    return peak * _share(schedule, progress)


def _share(schedule: Schedule, progress: float) -> float:
    """The part of the peak that a schedule leaves."""
    if schedule.kind == "cosine":
        return (1 + math.cos(math.pi * progress)) / 2
    if schedule.kind == "step":
        return float(schedule.factor ** sum(progress >= milestone for milestone in schedule.milestones))
    return 1.0
