"""The command behind `python -m benchmarks.run`: its options. What it does is in `benchmarks.cli.execution`.

Torch is imported when the options are known to be right, so that help and most errors are there at once.
"""

from __future__ import annotations

from contextlib import ExitStack

import typer

from benchmarks.cli import options
from benchmarks.cli.console import make_console
from benchmarks.cli.errors import USAGE_ERRORS, OneLineCommand, one_line_errors, one_line_interrupt
from benchmarks.cli.folders import check_folder, page_folder
from benchmarks.cli.remote import results_place
from benchmarks.cli.trackers import check_trackers
from benchmarks.cli.waiting import loading
from benchmarks.plugins.places import check_plugins
from benchmarks.study.design import Design, load

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command(cls=OneLineCommand, epilog="The same command run again does only what is missing.")
def run(
    context: typer.Context,
    methods: options.MethodsOption = None,
    study: options.StudyOption = "quick",
    plugin: options.PluginOption = None,
    dataset: options.DatasetOption = None,
    preset: options.PresetOption = None,
    epochs: options.EpochsOption = None,
    repetitions: options.RepetitionsOption = None,
    no_static_curve: options.StaticCurveOption = False,
    evaluators: options.EvaluatorsOption = None,
    seed: options.SeedOption = None,
    name: options.NameOption = None,
    results: options.ResultsOption = "results",
    out: options.OutOption = None,
    reports: options.ReportsOption = None,
    data_root: options.DataRootOption = None,
    device: options.DeviceOption = None,
    scheduler: options.SchedulerOption = options.SchedulerName.ray,
    ray_address: options.RayAddressOption = None,
    cpus_per_job: options.CpusPerJobOption = 1.0,
    gpus_per_job: options.GpusPerJobOption = None,
    processes: options.ProcessesOption = None,
    time_on: options.TimeOnOption = None,
    time_limit: options.TimeLimitOption = None,
    images: options.ImagesOption = options.ImagesChoice.all,
    tensorboard: options.TensorBoardOption = None,
    mlflow: options.MlflowOption = None,
    force: options.ForceOption = False,
    dry_run: options.DryRunOption = False,
) -> None:
    """Train networks, measure them, and build the report that compares them."""
    console = make_console()
    with one_line_interrupt(), one_line_errors(*USAGE_ERRORS):
        check_plugins(plugin)
        design = load(Design, study)
        if data_root is not None:
            check_folder(data_root, "--data-root")
        check_trackers(tensorboard, mlflow)
    with one_line_interrupt(), loading():
        from benchmarks.cli import execution
        from benchmarks.cli.error_kinds import INPUT_ERRORS
        from benchmarks.cli.plugins import loaded_plugins
        from benchmarks.cli.starting import SchedulerStart
        from benchmarks.cli.values import check_processes, checked_run, measuring_besides, override, split_methods
        from benchmarks.study.study import load_study
        from benchmarks.tracking.tracker import writers
    with ExitStack() as held:
        with one_line_interrupt(), one_line_errors(*INPUT_ERRORS):
            start = held.enter_context(SchedulerStart(scheduler, ray_address, time_on))
            place = held.enter_context(results_place(results, design, name, dry_run=dry_run))
            plugins = loaded_plugins(design, plugin, place.folder / (name or design.name), console)
            overrides = {
                "methods": None if methods is None else split_methods(methods),
                "dataset": dataset,
                "preset": preset,
                "repetitions": repetitions,
                "static_curve": () if no_static_curve else None,
                "seed": seed,
                "name": name,
                "plugins": plugins or None,
                "processes": processes,
            }
            chosen = measuring_besides(override(load_study(study), overrides, epochs), evaluators)
            run_options = checked_run(
                results=place.folder,
                data_root=data_root,
                device=device,
                ray_address=ray_address,
                cpus_per_job=cpus_per_job,
                gpus_per_job=gpus_per_job,
                time_limit=time_limit,
                time_on=time_on,
                images=images is options.ImagesChoice.all,
                remote=place.remote,
            )
            page, option = page_folder(out, reports, chosen.name)
            if not dry_run:
                execution.check_places(chosen, place.folder, page, option)
            campaign = execution.prepare(chosen, run_options, start, console, dry_run=dry_run, force=force)
            check_processes(campaign, scheduler, elsewhere=ray_address is not None)
        if dry_run:
            execution.plan_only(campaign, console, force=force)
        else:
            execution.run_campaign(
                campaign,
                page,
                start,
                console,
                force=force,
                arguments=context.obj,
                track=writers(tensorboard, mlflow),
            )
