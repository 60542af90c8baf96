"""The command behind `python -m benchmarks.run`: options, checks, the run, and what is printed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.console import Console

import zoo
from benchmarks import data
from benchmarks.cli.comparison import comparison
from benchmarks.cli.console import Grid, make_console
from benchmarks.cli.errors import INPUT_ERRORS, one_line_errors, one_line_interrupt
from benchmarks.cli.finished import remember
from benchmarks.cli.folders import check_folder, check_page, check_results
from benchmarks.data import DataCorrupt, DataMissing
from benchmarks.records.environment import usable_cpus
from benchmarks.records.files import StoreError
from benchmarks.reporting import build
from benchmarks.running.campaign import Campaign, Planned, RunOptions
from benchmarks.running.progress import format_duration, make_view
from benchmarks.running.scheduling import InlineScheduler, Scheduler, SchedulerError
from benchmarks.study.study import Study, StudyError, checked, load_study, parse_dataset
from zoo.network import Task
from zoo.registry import split_outside_brackets

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


RUN_ERRORS = (StudyError, StoreError, DataMissing, DataCorrupt, SchedulerError, OSError)
SHARING = "training jobs share the machine, timing jobs do not"


class SchedulerName(StrEnum):
    """Where jobs run."""

    ray = "ray"
    inline = "inline"


@app.command(epilog="The same command run again does only what is missing.")
def run(
    context: typer.Context,
    methods: Annotated[
        str | None,
        typer.Option(
            help="Which networks: 'all', names, wildcards or selectors, separated by commas. "
            "Example: --methods 'resnet, adanet[target_rate=0.5]'. [default: the study's]"
        ),
    ] = None,
    study: Annotated[
        str, typer.Option(help="What is compared: quick, standard, paper, or a YAML file. Example: --study my.yaml")
    ] = "quick",
    dataset: Annotated[
        str | None, typer.Option(help="Another data set. Example: --dataset 'fashion-mnist[train=10000]'")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="Scale of all networks. Example: --preset small")] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs of training. Example: --epochs 30")] = None,
    repetitions: Annotated[int | None, typer.Option(help="Seeds per network. Example: --repetitions 3")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the study. Example: --seed 7")] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the directories under --results and --reports. Example: --name mine")
    ] = None,
    results: Annotated[Path, typer.Option(help="Where records go. Example: --results /data/results")] = Path("results"),
    reports: Annotated[Path, typer.Option(help="Where pages go. Example: --reports /data/reports")] = Path("reports"),
    data_root: Annotated[
        Path | None, typer.Option(help="Where data sets are looked for. Example: --data-root ~/data")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu or cuda. Example: --device cpu [default: cuda where there is one]")
    ] = None,
    scheduler: Annotated[
        SchedulerName, typer.Option(help="Run under Ray, or in this process. Example: --scheduler inline")
    ] = SchedulerName.ray,
    ray_address: Annotated[
        str | None, typer.Option(help="Join a running Ray cluster. Example: --ray-address 10.0.0.1:6379")
    ] = None,
    cpus_per_job: Annotated[float, typer.Option(help="CPUs per training job. Example: --cpus-per-job 2")] = 1.0,
    gpus_per_job: Annotated[
        float | None,
        typer.Option(help="Part of a GPU per training job. Example: --gpus-per-job 0.25 [default: 1 with cuda]"),
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(
            help="Hours that training a network, or one of its evaluators, may take. Example: --time-limit 12 "
            "[default: 20 times the estimate, at least 1]"
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Discard this study's records and make them anew. Example: --force")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Say what would run, what is there already, and for about how long. Example: --dry-run"
        ),
    ] = False,
) -> None:
    """Train networks, measure them, and build the report that compares them."""
    console = make_console()
    with one_line_interrupt(), one_line_errors(*INPUT_ERRORS):
        overrides = {
            "methods": None if methods is None else split_methods(methods),
            "dataset": dataset,
            "preset": preset,
            "repetitions": repetitions,
            "seed": seed,
            "name": name,
        }
        chosen = override(load_study(study), overrides, epochs)
        options = RunOptions(
            results=results,
            data_root=None if data_root is None else check_folder(data_root, "--data-root"),
            device=checked_device(device),
            cpus_per_job=checked_cpus(cpus_per_job, elsewhere=ray_address is not None),
            gpus_per_job=checked_gpus(gpus_per_job, device),
            hours=checked_hours(time_limit),
        )
        if not dry_run:
            check_results(results / chosen.name, "--results")
            check_page(reports / chosen.name, "--reports")
        try:
            campaign = Campaign(chosen, options)
        except DataMissing:
            if dry_run:
                show_networks(chosen, console)
            raise
    with one_line_interrupt(), one_line_errors(*RUN_ERRORS):
        if dry_run:
            if not force:
                campaign.check_data()
            show_plan(campaign, console)
            return
        if force:
            campaign.discard()
        campaign.check_data()
        for line in campaign.put_aside_damaged():
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        failed = execute(campaign, scheduler, ray_address, console)
        page = build(campaign.store.root, reports / chosen.name)
        compared = comparison(campaign.store)
    console.print(compared.table())
    console.print(f"Report: {page}", soft_wrap=True)
    if failed:
        console.print(f"{failed} of the jobs failed; the report has their tracebacks, and the same command retries.")
        raise typer.Exit(1)
    if context.obj is not None:
        remember_finished(context.obj, campaign, page, compared, console)


def remember_finished(arguments: list[str], campaign: Campaign, page: Path, compared: Grid, console: Console) -> None:
    """Let the same command again answer at once, if nothing is left to do."""
    plan = campaign.plan()
    if not all(planned.complete for planned in plan):
        return
    try:
        remember(
            arguments,
            study=campaign.store.root,
            page=page,
            data=campaign.dataset.files,
            plan=plan_grid(plan, [0.0] * len(plan)),
            comparison=compared,
        )
    except OSError as error:  # of the folder for caches: everything that was asked for is done
        console.print(f"This command is not remembered as finished: {error}", markup=False, soft_wrap=True)


def override(study: Study, values: Mapping[str, Any], epochs: int | None) -> Study:
    """A study with some of its fields replaced; None leaves a field as it is.

    Raises:
        StudyError: a value that is not valid.
    """
    given = {key: value for key, value in values.items() if value is not None}
    fields = study.model_dump() | given
    if epochs is not None:
        fields["recipe"] = fields["recipe"] | {"epochs": epochs}
    return checked(Study, fields, "options")


def split_methods(text: str) -> list[str]:
    """Selectors of a list with commas.

    Raises:
        StudyError: brackets that do not match.
    """
    try:
        return split_outside_brackets(text)
    except ValueError as error:
        raise StudyError(f"--methods: {error}") from error


def checked_device(device: str | None) -> str:
    """The device asked for, or the best there is.

    Raises:
        StudyError: it is not there.
    """
    available = ["cpu"] + (["cuda"] if torch.cuda.is_available() else [])
    if device is None:
        return available[-1]
    if device not in available:
        raise StudyError(f"--device: {device!r} is not available here; valid: {', '.join(available)}")
    return device


def checked_cpus(cpus: float, *, elsewhere: bool = False) -> float:
    """CPUs per job; a job that asks for more than there are would wait for ever.

    Raises:
        StudyError: none or fewer, or more than this machine has unless jobs run `elsewhere`, on a cluster.
    """
    if not (cpus > 0 and math.isfinite(cpus)):
        raise StudyError(f"--cpus-per-job: {cpus} must be above 0, and a number")
    if cpus > usable_cpus() and not elsewhere:
        raise StudyError(f"--cpus-per-job: {cpus} is more than the {usable_cpus()} CPUs of this machine")
    return cpus


def checked_gpus(gpus: float | None, device: str | None) -> float:
    """Part of a GPU per job: one whole by default on a GPU, none on a CPU.

    Raises:
        StudyError: a negative number, or a GPU asked for on a CPU.
    """
    on_gpu = checked_device(device) == "cuda"
    if gpus is None:
        return 1.0 if on_gpu else 0.0
    if not (gpus >= 0 and math.isfinite(gpus)) or (gpus > 0 and not on_gpu):
        raise StudyError(f"--gpus-per-job: {gpus} does not fit --device {checked_device(device)}")
    return gpus


def checked_hours(hours: float | None) -> float | None:
    """A time limit.

    Raises:
        StudyError: it is no positive number.
    """
    if hours is not None and not (hours > 0 and math.isfinite(hours)):
        raise StudyError(f"--time-limit: {hours} must be above 0, and a number")
    return hours


def execute(campaign: Campaign, scheduler: SchedulerName, ray_address: str | None, console: Console) -> int:
    """Run what is missing; the number of failed jobs. Ray is not started where nothing is missing."""
    jobs = campaign.jobs(campaign.plan())
    if not jobs:
        console.print(f"All {len(campaign.specs)} networks are trained and measured already.")
        campaign.run(InlineScheduler(), lambda event: None)
        return 0
    runner = make_scheduler(scheduler, ray_address)
    try:
        with make_view(jobs, console) as view:
            outcomes = campaign.run(runner, view)
    finally:
        runner.close()
    return sum(bool(outcome.error) for outcome in outcomes)


def make_scheduler(name: SchedulerName, ray_address: str | None) -> Scheduler:
    """The scheduler of that name; Ray is imported only where it is used."""
    if name is SchedulerName.inline:
        return InlineScheduler()
    from benchmarks.running.scheduling.ray import RayScheduler

    return RayScheduler(ray_address)


def show_plan(campaign: Campaign, console: Console) -> None:
    """Print every network with its status and an estimate of the time that is left for it."""
    plan = campaign.plan()
    seconds = [campaign.estimate(planned) for planned in plan]
    console.print(plan_grid(plan, seconds).table())
    console.print(
        f"About {format_duration(sum(seconds))} of one job's time; training jobs share the machine, timing jobs do not."
    )


def plan_grid(plan: Sequence[Planned], seconds: Sequence[float]) -> Grid:
    """A plan as a table, with the seconds that are left for each network."""
    rows = [
        (planned.spec.label, planned.baseline, status_text(planned), to_do(planned), format_duration(left))
        for planned, left in zip(plan, seconds, strict=True)
    ]
    return Grid(("network", "baseline", "status", "to do"), ("about",), rows)


def show_networks(study: Study, console: Console) -> None:
    """Print the networks of a study and what each is compared with, as far as that is known without its data."""
    facts = data.describe(parse_dataset(study.dataset)[0])
    if facts.shape is None or facts.classes is None or facts.preset is None:
        return
    task = Task(shape=facts.shape, classes=facts.classes)
    rows = [(spec.label, str(zoo.static_twin(spec.selector, task))) for spec in study.models(facts.preset)]
    console.print(Grid(("network", "baseline"), (), rows).table())


def status_text(planned: Planned) -> str:
    """A network's status as a phrase."""
    names = {"done": "trained", "missing": "not trained"}
    state = names.get(planned.status.state, planned.status.state)
    return f"{state}: {planned.status.reason}" if planned.status.reason else state


def to_do(planned: Planned) -> str:
    """What is missing of a network."""
    steps = [] if planned.status.state == "done" else ["train"]
    return ", ".join([*steps, *planned.evaluators, *planned.alone]) or "nothing: cached"
