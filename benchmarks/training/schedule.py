"""Which phase every epoch of a training belongs to, and the learning rate of every step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.training.recipe import Recipe
from zoo.network import Phase


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


def learning_rate(recipe: Recipe, phase: Phase, progress: float) -> float:
    """Learning rate after a part `progress`, in [0, 1), of a phase."""
    peak = recipe.lr * phase.lr_scale
    if progress < recipe.warmup:
        return peak * max(progress / recipe.warmup, 0.04)
    if recipe.schedule == "cosine":
        after = (progress - recipe.warmup) / (1 - recipe.warmup)
        return peak * (1 + math.cos(math.pi * after)) / 2
    if recipe.schedule == "step":
        return float(peak * recipe.step_factor ** sum(progress >= milestone for milestone in recipe.milestones))
    return peak
