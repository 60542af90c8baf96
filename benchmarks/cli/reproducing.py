"""The command behind `python -m benchmarks.reproduce`: a study made again, and compared with the original."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.cli import options
from benchmarks.cli.comparison_options import (
    EXIT_STATUS,
    AccuracyTolerance,
    CostTolerance,
    JsonOption,
    PageOption,
    RobustTolerance,
    TimeTolerance,
    check_outputs,
    tolerances,
)
from benchmarks.cli.console import PIPE_WIDTH, make_console
from benchmarks.cli.errors import USAGE_ERRORS, OneLineCommand, one_line_errors, one_line_interrupt
from benchmarks.cli.folders import check_folder, check_writable
from benchmarks.cli.waiting import loading, waiting
from benchmarks.comparing.places import RESULTS, find_study
from benchmarks.plugins.places import check_plugins
from benchmarks.records.files import study_file

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


RESUME = "the same command with --resume continues"


@app.command(cls=OneLineCommand, epilog=EXIT_STATUS)
def reproduce(
    study_dir: Annotated[
        str,
        typer.Argument(
            help="Results of the study: a directory, a name below results, or a URL. Example: reference/quick"
        ),
    ],
    into: Annotated[
        Path | None,
        typer.Option(
            help="Directory of the new results; missing or empty. Example: --into results/again "
            "[default: results/<study's name>-reproduced]"
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue a reproduction that was interrupted. Example: --resume")
    ] = False,
    plugin: options.PluginOption = None,
    page: PageOption = None,
    json: JsonOption = None,
    tolerance_accuracy: AccuracyTolerance = None,
    tolerance_robust: RobustTolerance = None,
    tolerance_cost: CostTolerance = None,
    tolerance_time: TimeTolerance = None,
    data_root: options.DataRootOption = None,
    device: options.DeviceOption = None,
    scheduler: options.SchedulerOption = options.SchedulerName.ray,
    ray_address: options.RayAddressOption = None,
    cpus_per_job: options.CpusPerJobOption = 1.0,
    gpus_per_job: options.GpusPerJobOption = None,
    time_limit: options.TimeLimitOption = None,
) -> None:
    """Run a study again from its own files, and compare with the original: what may differ, why, and by how much."""
    console = _console(json)
    with one_line_interrupt(), one_line_errors(*USAGE_ERRORS):
        accepted = tolerances(tolerance_accuracy, tolerance_robust, tolerance_cost, tolerance_time)
        if accepted["time"] is None:  # time is not reproduced: it is compared, and judged only where that is asked for
            accepted["time"] = math.inf
        original = find_study(study_dir)
        study_file(original)
        if data_root is not None:
            check_folder(data_root, "--data-root")
        check_plugins(plugin)
        check_outputs(page, json)
        if into is not None:
            check_writable(into, "--into")
    with one_line_interrupt(), loading():
        from benchmarks.cli.compared import write
        from benchmarks.cli.error_kinds import INPUT_ERRORS, RUN_ERRORS
        from benchmarks.cli.execution import execute
        from benchmarks.cli.kept import kept
        from benchmarks.cli.starting import SchedulerStart
        from benchmarks.cli.values import checked_run
        from benchmarks.comparing.comparison import compare
        from benchmarks.comparing.reproduction import prepare
        from benchmarks.comparing.tolerances import Tolerances
        from benchmarks.plugins.loading import load as load_plugins
        from benchmarks.records.store import Store
    with one_line_interrupt(), one_line_errors(*INPUT_ERRORS):
        load_plugins(plugin or ())
        place = into or RESULTS / f"{Store(original).read_study().name}-reproduced"
        run_options = checked_run(
            results=place.parent,
            data_root=data_root,
            device=device,
            ray_address=ray_address,
            cpus_per_job=cpus_per_job,
            gpus_per_job=gpus_per_job,
            time_limit=time_limit,
        )
        check_writable(place, "--into")
        with waiting("reading the study, checking the networks"):
            campaign = prepare(original, place, run_options, resume=resume)
    with one_line_interrupt(RESUME, partial(kept, campaign)), one_line_errors(*RUN_ERRORS):
        with SchedulerStart(scheduler, ray_address) as start:
            failed = execute(campaign, start, console, force=False)
        comparison = compare(original, campaign.store.root, Tolerances(**accepted))
        write(comparison, page, json)
    if failed:
        console.print(f"{failed} of the jobs failed; {RESUME}.")
    if failed or not comparison.acceptable:
        raise typer.Exit(1)


def _console(json: str | None) -> Console:
    """Where progress goes: to standard error where standard output is for JSON."""
    return Console(stderr=True, width=PIPE_WIDTH) if json == "-" else make_console()
