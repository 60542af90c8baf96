"""What the jobs of a plan have to do, as far as that is known before they start."""

from __future__ import annotations

from collections.abc import Sequence

import torch

import zoo
from benchmarks.measuring import evaluators
from benchmarks.records.environment import usable_cpus
from benchmarks.running.campaign import Campaign, Planned, RunOptions
from benchmarks.running.estimate import budget
from benchmarks.running.jobs import SETTINGS, job_name
from benchmarks.running.time_left import Work
from benchmarks.training.recipe import Recipe
from benchmarks.training.tasks import task_of
from zoo.registry import BASELINE

RACES = 1.25
"""Of a table of times, what its turns take and what engines race for besides, as a multiple of its turns' seconds."""
PREPARATION = 3.0
"""Seconds that a table of times takes before anything is timed: engines load the network, routes are computed."""


def workload(campaign: Campaign, plan: Sequence[Planned]) -> list[Work]:
    """The work of every job of a plan, in the order of `Campaign.jobs`."""
    shared = [_shared(campaign, planned) for planned in plan if not planned.trained or planned.evaluators]
    return shared + [_alone(campaign, planned) for planned in plan if planned.alone]


def _shared(campaign: Campaign, planned: Planned) -> Work:
    recipe, size = planned.spec.recipe, _size(campaign, planned)
    steps: dict[str, float | None] = dict.fromkeys(planned.evaluators)
    return Work(
        job=job_name("train", planned.spec),
        alone=False,
        effort=size * _passes(recipe),
        epochs=0 if planned.trained else recipe.epochs,
        size=size,
        steps=steps if planned.trained else {SETTINGS: 0.0, **steps},
    )


def _alone(campaign: Campaign, planned: Planned) -> Work:
    device = torch.device(campaign.options.device)
    wanted = [e for e in evaluators(alone=True) if e.name in planned.alone]
    seconds = {e.name: budget(e, campaign.study.evaluation, device) for e in wanted}
    return Work(
        job=job_name("time", planned.spec),
        alone=True,
        effort=1.0,
        epochs=0,
        size=1.0,
        steps={name: known and RACES * known + PREPARATION for name, known in seconds.items()},
    )


def _size(campaign: Campaign, planned: Planned) -> float:
    """Multiply-accumulates: a ResNet's own, and of any other network those of its baseline, which has been counted."""
    selector = planned.spec.selector if planned.spec.method == BASELINE else zoo.parse(planned.baseline)
    return float(zoo.size_of(selector, task_of(campaign.dataset.info)).macs)


def _passes(recipe: Recipe) -> int:
    """How often every image goes through the network in an epoch, forward and backward."""
    return 1 + (recipe.adversarial.passes if recipe.adversarial else 0)


def side_by_side(options: RunOptions) -> int:
    """How many training jobs this machine has room for at once."""
    places = usable_cpus() / options.cpus_per_job
    if options.gpus_per_job:
        places = min(places, torch.cuda.device_count() / options.gpus_per_job)
    return max(1, int(places))
