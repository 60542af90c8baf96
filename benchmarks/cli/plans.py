"""What a run would do, as tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

import zoo
from benchmarks import data
from benchmarks.cli.console import Grid
from benchmarks.running.campaign import Campaign, Planned
from benchmarks.running.progress import format_duration
from benchmarks.study.study import Study, parse_dataset
from zoo.network import Task


def show_plan(campaign: Campaign, console: Console) -> None:
    """Print every network with its status and an estimate of its remaining time."""
    plan = campaign.plan()
    seconds = [campaign.estimate(planned) for planned in plan]
    console.print(plan_grid(plan, seconds).table())
    console.print(
        f"About {format_duration(sum(seconds))} of one job's time; training jobs share the machine, timing jobs do not."
    )


def plan_grid(plan: Sequence[Planned], seconds: Sequence[float]) -> Grid:
    """A plan as a table, with the remaining seconds of each network."""
    rows = [
        (planned.spec.label, planned.baseline, status_text(planned), to_do(planned), format_duration(left))
        for planned, left in zip(plan, seconds, strict=True)
    ]
    return Grid(("network", "baseline", "status", "to do"), ("about",), rows)


def show_networks(study: Study, console: Console) -> None:
    """Print the networks of a study and their baselines, as far as they are known without the data."""
    facts = data.describe(parse_dataset(study.dataset)[0])
    if facts.shape is None or facts.classes is None or facts.preset is None:
        return
    task = Task(shape=facts.shape, classes=facts.classes)
    rows = [(spec.label, str(zoo.baseline_of(spec.selector, task))) for spec in study.models(facts.preset)]
    console.print(Grid(("network", "baseline"), (), rows).table())


def status_text(planned: Planned) -> str:
    """A network's status as a phrase."""
    names = {"done": "trained", "missing": "not trained"}
    state = names.get(planned.status.state, planned.status.state)
    return f"{state}: {planned.status.reason}" if planned.status.reason else state


def to_do(planned: Planned) -> str:
    """What is missing for a network."""
    steps = [] if planned.status.state == "done" else ["train"]
    return ", ".join([*steps, *planned.evaluators, *planned.alone]) or "nothing: cached"
