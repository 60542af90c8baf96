"""The command behind `python -m benchmarks.run`: from its options to a run, a report, and what is printed."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console

from benchmarks.cli import options
from benchmarks.cli.comparison import comparison
from benchmarks.cli.console import Grid, make_console
from benchmarks.cli.errors import INPUT_ERRORS, one_line_errors, one_line_interrupt
from benchmarks.cli.finished import remember
from benchmarks.cli.folders import check_folder, check_page, check_results
from benchmarks.cli.plans import plan_grid, show_networks, show_plan
from benchmarks.data import DataCorrupt, DataMissing
from benchmarks.records.files import StoreError
from benchmarks.reporting import build
from benchmarks.running.campaign import Campaign, RunOptions
from benchmarks.running.progress import make_view
from benchmarks.running.scheduling import InlineScheduler, Scheduler, SchedulerError
from benchmarks.study.study import Study, StudyError, load_study

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


RUN_ERRORS = (StudyError, StoreError, DataMissing, DataCorrupt, SchedulerError, OSError)


@app.command(epilog="The same command run again does only what is missing.")
def run(
    context: typer.Context,
    methods: options.MethodsOption = None,
    study: options.StudyOption = "quick",
    dataset: options.DatasetOption = None,
    preset: options.PresetOption = None,
    epochs: options.EpochsOption = None,
    repetitions: options.RepetitionsOption = None,
    no_static_curve: options.StaticCurveOption = False,
    seed: options.SeedOption = None,
    name: options.NameOption = None,
    results: options.ResultsOption = Path("results"),
    reports: options.ReportsOption = Path("reports"),
    data_root: options.DataRootOption = None,
    device: options.DeviceOption = None,
    scheduler: options.SchedulerOption = options.SchedulerName.ray,
    ray_address: options.RayAddressOption = None,
    cpus_per_job: options.CpusPerJobOption = 1.0,
    gpus_per_job: options.GpusPerJobOption = None,
    time_limit: options.TimeLimitOption = None,
    force: options.ForceOption = False,
    dry_run: options.DryRunOption = False,
) -> None:
    """Train networks, measure them, and build the report that compares them."""
    console = make_console()
    with one_line_interrupt(), one_line_errors(*INPUT_ERRORS):
        overrides = {
            "methods": None if methods is None else options.split_methods(methods),
            "dataset": dataset,
            "preset": preset,
            "repetitions": repetitions,
            "static_curve": () if no_static_curve else None,
            "seed": seed,
            "name": name,
        }
        chosen = options.override(load_study(study), overrides, epochs)
        run_options = RunOptions(
            results=results,
            data_root=None if data_root is None else check_folder(data_root, "--data-root"),
            device=options.checked_device(device),
            cpus_per_job=options.checked_cpus(cpus_per_job, elsewhere=ray_address is not None),
            gpus_per_job=options.checked_gpus(gpus_per_job, device),
            hours=options.checked_hours(time_limit),
        )
        if not dry_run:
            check_results(results / chosen.name, "--results")
            check_page(reports / chosen.name, "--reports")
        campaign = prepare(chosen, run_options, dry_run, console)
    with one_line_interrupt(), one_line_errors(*RUN_ERRORS):
        if dry_run:
            if not force:
                campaign.check_data()
            show_plan(campaign, console)
            return
        failed = execute(campaign, scheduler, ray_address, console, force=force)
        page = build(campaign.store.root, reports / chosen.name)
        compared = comparison(campaign.store)
    console.print(compared.table())
    console.print(f"Report: {page}", soft_wrap=True)
    if failed:
        console.print(f"{failed} of the jobs failed; the report has their tracebacks, and the same command retries.")
        raise typer.Exit(1)
    if context.obj is not None:
        remember_finished(context.obj, campaign, page, compared, console)


def prepare(study: Study, run_options: RunOptions, dry_run: bool, console: Console) -> Campaign:
    """Read the data and check the networks; a dry run without its data shows at least the networks.

    Raises:
        StudyError: a network does not exist, or does not fit the data.
        DataMissing: the data are missing.
    """
    try:
        return Campaign(study, run_options)
    except DataMissing:
        if dry_run:
            show_networks(study, console)
        raise


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
            plan=plan_grid(plan, [0.0] * len(plan), campaign.study.recipe),
            comparison=compared,
        )
    except OSError as error:  # the cache folder cannot be written; the command itself has succeeded
        console.print(f"This command is not remembered as finished: {error}", markup=False, soft_wrap=True)


def execute(
    campaign: Campaign, scheduler: options.SchedulerName, ray_address: str | None, console: Console, *, force: bool
) -> int:
    """Run what is missing, or everything with `force`; the number of failed jobs. Ray starts only if there are jobs."""
    if force:
        campaign.discard()
    campaign.check_data()
    for line in campaign.put_aside_damaged():
        console.print(line, markup=False, highlight=False, soft_wrap=True)
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


def make_scheduler(name: options.SchedulerName, ray_address: str | None) -> Scheduler:
    """The scheduler of that name; Ray is imported only where it is used."""
    if name is options.SchedulerName.inline:
        return InlineScheduler()
    from benchmarks.running.scheduling.ray import RayScheduler

    return RayScheduler(ray_address)
