"""What a run would do, as tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

import zoo
from benchmarks import data
from benchmarks.cli.console import Grid
from benchmarks.running.campaign import Campaign
from benchmarks.running.planned import Planned
from benchmarks.running.progress import format_duration
from benchmarks.study.study import ModelSpec, Study, parse_dataset
from benchmarks.training.recipe import Recipe
from zoo.network import Task


def show_plan(campaign: Campaign, console: Console) -> None:
    """Print every network with its status and an estimate of its remaining time."""
    plan = campaign.plan()
    seconds = [campaign.estimate(planned) for planned in plan]
    console.print(data_line(campaign.dataset), markup=False, highlight=False, soft_wrap=True)
    console.print(plan_grid(plan, seconds, campaign.study.recipe).table())
    console.print(
        f"About {format_duration(sum(seconds))} of one job's time; training jobs share the machine, timing jobs do not."
    )


def data_line(dataset: data.Dataset) -> str:
    """How many images there are for training, for validation and for testing, and of what kind."""
    counts = f"{len(dataset.train):,} training, {len(dataset.validation):,} validation and {len(dataset.test):,} test"
    shape, classes = " x ".join(map(str, dataset.info.shape)), len(dataset.info.classes)
    return f"{dataset.info.title}: {counts} images of {shape} pixels, {classes} classes"


def plan_grid(plan: Sequence[Planned], seconds: Sequence[float], recipe: Recipe) -> Grid:
    """A plan as a table, with the remaining seconds of each network; own recipes have a column where there are any."""
    own = [own_recipe(planned.spec, recipe) for planned in plan]
    words: tuple[str, ...] = ("network", "baseline", "status", "to do")
    rows = [
        (planned.spec.label, planned.baseline, status_text(planned), to_do(planned), format_duration(left))
        for planned, left in zip(plan, seconds, strict=True)
    ]
    if not any(own):
        return Grid(words, ("about",), rows)
    rows_with = [(*row[:-1], fields, row[-1]) for row, fields in zip(rows, own, strict=True)]
    return Grid((*words, "own recipe"), ("about",), rows_with)


def own_recipe(spec: ModelSpec, recipe: Recipe) -> str:
    """The fields in which a network's recipe is not the study's; empty where it is."""
    return ", ".join(f"{name} {value}" for name, value in spec.recipe.differences(recipe).items())


def show_networks(study: Study, console: Console) -> None:
    """Print the networks of a study and their baselines, as far as they are known without the data."""
    facts = data.describe(parse_dataset(study.dataset)[0])
    if facts.shape is None or facts.classes is None or facts.preset is None:
        return
    task = Task(shape=facts.shape, classes=facts.classes)
    study = study.model_copy(update={"preset": study.preset or facts.preset})
    rows = [
        (spec.label, str(zoo.baseline_of(spec.selector, task)), own_recipe(spec, study.recipe))
        for spec in study.with_static_curve(task).models()
    ]
    own = any(row[-1] for row in rows)
    words = ("network", "baseline", "own recipe") if own else ("network", "baseline")
    console.print(Grid(words, (), [row[: len(words)] for row in rows]).table())


def status_text(planned: Planned) -> str:
    """A network's status as a phrase."""
    made = "loaded" if planned.spec.weights else "trained"
    names = {"done": made, "missing": f"not {made}"}
    state = names.get(planned.status.state, planned.status.state)
    return f"{state}: {planned.status.reason}" if planned.status.reason else state


def to_do(planned: Planned) -> str:
    """What is missing for a network."""
    steps = [] if planned.status.state == "done" else ["load" if planned.spec.weights else "train"]
    return ", ".join([*steps, *planned.evaluators, *planned.alone]) or "nothing: cached"
