"""What the jobs of a plan have to do, as far as that is known before they start."""

from __future__ import annotations

from collections.abc import Sequence

import torch

import zoo
from benchmarks.measuring import evaluators
from benchmarks.records.environment import usable_cpus
from benchmarks.running.campaign import Campaign, RunOptions
from benchmarks.running.estimate import budget
from benchmarks.running.events import SETTINGS
from benchmarks.running.jobs import wanted_of
from benchmarks.running.planned import Kind, Planned, is_joint, job_name, stages
from benchmarks.running.time_left import Work
from benchmarks.running.whole_plan import NetworkPlan, WholePlan
from benchmarks.training.recipe import Recipe
from benchmarks.training.tasks import task_of
from zoo.registry import BASELINE

RACES = 1.25
"""Of a table of times, what its turns take and what engines race for besides, as a multiple of its turns' seconds."""
PREPARATION = 3.0
"""Seconds that a table of times takes before anything is timed: engines load the network, routes are computed."""


def workload(campaign: Campaign, plan: Sequence[Planned]) -> list[Work]:
    """The work of every job of a plan, in the order of `Campaign.jobs`."""
    by_key = {planned.spec.key: planned for planned in plan}
    jobs = [(kind, by_key[spec.key]) for stage in stages(plan) for kind, spec in stage]
    return [_alone(campaign, p) if kind == "time" else _shared(campaign, kind, p) for kind, p in jobs]


def whole_plan(campaign: Campaign, plan: Sequence[Planned]) -> WholePlan:
    """All that a study's networks are to have, what is there included."""
    return WholePlan(
        networks=[_network(campaign, planned) for planned in plan], side_by_side=side_by_side(campaign.options)
    )


def _network(campaign: Campaign, planned: Planned) -> NetworkPlan:
    spec, size, evaluation = planned.spec, _size(campaign, planned), campaign.study.evaluation
    device = torch.device(campaign.options.device)
    timed = wanted_of(spec, evaluation, alone=True) if spec.repetition < campaign.study.timed_repetitions else ()
    return NetworkPlan(
        label=spec.label,
        record=campaign.identity(spec).name,
        failure=f"{spec.method}-{spec.key}",
        epochs=spec.recipe.epochs,
        effort=size * _passes(spec.recipe),
        size=size,
        shared=[e.name for e in wanted_of(spec, evaluation, alone=False)],
        alone={e.name: _turns(budget(e, evaluation, device)) for e in timed},
        missing=[*planned.evaluators, *planned.alone],
    )


def _turns(known: float | None) -> float | None:
    """Seconds that a table of times takes, of its turns' seconds."""
    return known and RACES * known + PREPARATION


def _shared(campaign: Campaign, kind: Kind, planned: Planned) -> Work:
    recipe, size = planned.spec.recipe, _size(campaign, planned)
    trains = kind == "train" and not planned.trained
    measured = () if is_joint(kind, planned.spec) else planned.evaluators
    steps: dict[str, float | None] = dict.fromkeys(measured)
    return Work(
        job=job_name(kind, planned.spec),
        alone=False,
        effort=size * _passes(recipe) / planned.spec.processes,
        epochs=recipe.epochs if trains and not planned.spec.weights else 0,
        size=size,
        steps={SETTINGS: 0.0, **steps} if trains else steps,
    )


def _alone(campaign: Campaign, planned: Planned) -> Work:
    device = torch.device(campaign.options.device)
    wanted = [e for e in evaluators(alone=True) if e.name in planned.alone]
    return Work(
        job=job_name("time", planned.spec),
        alone=True,
        effort=1.0,
        epochs=0,
        size=1.0,
        steps={e.name: _turns(budget(e, campaign.study.evaluation, device)) for e in wanted},
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
    if options.gpus_per_job:  # None, of what is measured, is not known before
        places = min(places, torch.cuda.device_count() / options.gpus_per_job)
    return max(1, int(places))
