"""The command behind `python -m benchmarks.tune`: from its options to trials and chosen values."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli import options
from benchmarks.cli.console import make_console
from benchmarks.cli.errors import USAGE_ERRORS, OneLineCommand, one_line_errors, one_line_interrupt
from benchmarks.cli.folders import check_folder, check_results, check_writable
from benchmarks.cli.waiting import loading, waiting
from benchmarks.plugins.places import check_plugins
from benchmarks.study.design import Design, load

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command(
    cls=OneLineCommand, epilog="The same command run again does only what is missing; no trial is trained twice."
)
def tune(
    study: options.StudyOption = "quick",
    plugin: options.PluginOption = None,
    methods: options.MethodsOption = None,
    trials: Annotated[
        int,
        typer.Option(
            min=2, max=10_000, help="Trials per network, the study's own values among them. Example: --trials 16"
        ),
    ] = 16,
    epochs: Annotated[
        int | None,
        typer.Option(help="Epochs of a trial that is not stopped early. Example: --epochs 10 [default: the study's]"),
    ] = None,
    dataset: options.DatasetOption = None,
    preset: options.PresetOption = None,
    name: options.NameOption = None,
    results: Annotated[Path, typer.Option(help="Where records go. Example: --results /data/results")] = Path("results"),
    data_root: options.DataRootOption = None,
    device: options.DeviceOption = None,
    scheduler: options.SchedulerOption = options.SchedulerName.ray,
    ray_address: options.RayAddressOption = None,
    cpus_per_job: options.CpusPerJobOption = 1.0,
    gpus_per_job: options.GpusPerJobOption = None,
    time_limit: options.TimeLimitOption = None,
) -> None:
    """Search learning rate, weight decay and each method's own knobs, as many trials and epochs for every network.

    Trials are chosen by validation accuracy, among those that cost no more than the untuned network. The test set is
    not looked at. Schedules end at the trial's last epoch, so early stopping compares trials at the same epoch only.
    """
    console = make_console()
    with one_line_interrupt(), one_line_errors(*USAGE_ERRORS):
        check_plugins(plugin)
        design = load(Design, study)
        check_writable(results, "--results")
        if data_root is not None:
            check_folder(data_root, "--data-root")
    with one_line_interrupt(), loading():
        from benchmarks.cli.error_kinds import INPUT_ERRORS
        from benchmarks.cli.plugins import loaded_plugins
        from benchmarks.cli.trials import run_tuning, search
        from benchmarks.cli.values import checked_run, override, split_methods
        from benchmarks.study.study import load_study
    with one_line_interrupt(), one_line_errors(*INPUT_ERRORS):
        plugins = loaded_plugins(design, plugin, results / (name or design.name), console)
        fields = {"dataset": dataset, "preset": preset, "name": name, "plugins": plugins or None}
        base = override(load_study(study), fields, None)
        chosen = None if methods is None else override(base, {"methods": split_methods(methods)}, None)
        run_options = checked_run(
            results=results,
            data_root=data_root,
            device=device,
            ray_address=ray_address,
            cpus_per_job=cpus_per_job,
            gpus_per_job=gpus_per_job,
            time_limit=time_limit,
        )
        check_results(results / base.name, "--results")
        with waiting(f"reading {base.dataset}, checking the networks"):
            searched = search(base, chosen, run_options, trials=trials, epochs=epochs)
    run_tuning(searched, scheduler, ray_address, console)
