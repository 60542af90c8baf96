"""What `python -m benchmarks.run` does with a study: its plan or its run, the report, and what is printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import typer
from rich.console import Console

from benchmarks.cli.comparison import comparison
from benchmarks.cli.console import Grid
from benchmarks.cli.error_kinds import RUN_ERRORS
from benchmarks.cli.errors import one_line_errors, one_line_interrupt
from benchmarks.cli.finished import remember
from benchmarks.cli.folders import check_page, check_results
from benchmarks.cli.kept import kept
from benchmarks.cli.plans import data_line, plan_grid, show_networks, show_plan
from benchmarks.cli.starting import SchedulerStart
from benchmarks.cli.waiting import waiting
from benchmarks.data import DataMissing
from benchmarks.measuring import evaluators
from benchmarks.plugins.loading import loaded_modules
from benchmarks.records.store import Store
from benchmarks.reporting import build
from benchmarks.running.campaign import Campaign, RunOptions
from benchmarks.running.progress import make_view
from benchmarks.running.scheduling import Event, InlineScheduler
from benchmarks.running.scheduling.workers import travelling
from benchmarks.running.spent import Spent
from benchmarks.running.time_left import TimeLeft
from benchmarks.running.whole_plan import write_plan
from benchmarks.running.workload import side_by_side, whole_plan, workload
from benchmarks.study.study import Study
from benchmarks.tracking.tracker import Tracker, Write


def check_places(study: Study, results: Path, page: Path, option: str) -> None:
    """Check that the records and the page of a study can be written.

    Args:
        study: that is run.
        results: folder of its directory.
        page: directory of the page.
        option: that names it.

    Raises:
        FolderError: they cannot.
    """
    check_results(results / study.name, "--results")
    check_page(page, option)


def prepare(
    study: Study, run_options: RunOptions, start: SchedulerStart, console: Console, *, dry_run: bool, force: bool
) -> Campaign:
    """Read the data and check the networks; a dry run without its data shows at least the networks.

    Where nothing is stored yet, so that there will be jobs, a Ray of this machine starts while networks are checked.

    Args:
        study: to run.
        run_options: of the run.
        start: of the jobs' scheduler.
        console: to print on.
        dry_run: whether only the plan is wanted.
        force: whether everything is made again.

    Raises:
        StudyError: a network does not exist, or does not fit the data.
        DataMissing: the data are missing.
    """
    certain = force or not Store(run_options.results / study.name).readable_records()

    def on_read() -> None:
        if start.is_own_ray and certain and not dry_run:
            start.begin(loaded_modules(study.plugins))

    try:
        with waiting(f"reading {study.dataset}, checking the networks"):
            return Campaign(study, run_options, on_read)
    except DataMissing:
        if dry_run:
            show_networks(study, console)
        raise


def plan_only(campaign: Campaign, console: Console, *, force: bool) -> None:
    """Print what a run would do."""
    with one_line_interrupt(), one_line_errors(*RUN_ERRORS):
        if not force:
            campaign.check_data()
        show_plan(campaign, console)


def run_campaign(
    campaign: Campaign,
    folder: Path,
    start: SchedulerStart,
    console: Console,
    *,
    force: bool,
    arguments: list[str] | None,
    track: Sequence[Write] = (),
) -> None:
    """Run what is missing, write the page, and print the comparison.

    Args:
        campaign: to run.
        folder: of the page.
        start: of the jobs' scheduler.
        console: to print on.
        force: whether everything is made again.
        arguments: of the command, to remember it if it is finished; None: not to be remembered, as is no command whose
            results are at a URL.
        track: what writes the numbers of networks for other tools; such a command is not remembered.

    Raises:
        typer.Exit: a job failed.
    """
    with one_line_interrupt(kept=partial(kept, campaign)), one_line_errors(*RUN_ERRORS):
        tracker = Tracker(campaign, track, partial(console.print, markup=False, highlight=False, soft_wrap=True))
        failed = execute(campaign, start, console, force=force, follow=tracker)
        tracker.finish()
        with waiting("writing the report"):
            page = build(campaign.store.root, folder)
            compared = comparison(campaign.store)
    console.print(compared.table())
    console.print(f"Report: {page}", soft_wrap=True)
    if failed:
        console.print(f"{failed} of the jobs failed; the report has their tracebacks, and the same command retries.")
        raise typer.Exit(1)
    if arguments is not None and not track and campaign.options.remote is None:
        remember_finished(arguments, campaign, page, compared, console)


def remember_finished(arguments: list[str], campaign: Campaign, page: Path, compared: Grid, console: Console) -> None:
    """Let the same command again answer at once, if nothing is left to do."""
    plan = campaign.plan()
    given = campaign.given_files()
    complete = all(planned.complete for planned in plan) and all(path.is_file() for path in given)
    if not complete or campaign.kept():
        return
    try:
        remember(
            arguments,
            study=campaign.store.root,
            page=page,
            data=[*campaign.dataset.files, *given] if campaign.dataset.files else [],
            plan=plan_grid(plan, [0.0] * len(plan), campaign.study.recipe),
            comparison=compared,
            plugins=travelling(campaign.plugins),
        )
    except OSError as error:  # the cache folder cannot be written; the command itself has succeeded
        console.print(f"This command is not remembered as finished: {error}", markup=False, soft_wrap=True)


def execute(
    campaign: Campaign,
    start: SchedulerStart,
    console: Console,
    *,
    force: bool,
    follow: Callable[[Event], None] = lambda event: None,
) -> int:
    """Run what is missing, or everything with `force`; the number of failed jobs.

    Args:
        campaign: to run.
        start: of the jobs' scheduler; asked for only if there are jobs.
        console: to print on.
        force: whether everything is made again.
        follow: told of every event.
    """
    spent = Spent([evaluator.name for evaluator in evaluators()])
    if force:
        campaign.discard()
    campaign.check_data()
    for line in campaign.put_aside_damaged():
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    kept_as_they_are = campaign.kept()
    if kept_as_they_are:
        console.print(
            f"Kept as stored, because nothing here has their method: {', '.join(kept_as_they_are)}; name their plug-in "
            "with --plugin to make or measure them again.",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    plan = campaign.plan()
    jobs = campaign.jobs(plan)
    if not jobs:
        console.print(f"All {len(campaign.specs)} networks are trained and measured already.")
        campaign.run(InlineScheduler(), lambda event: None)
        return 0
    console.print(data_line(campaign.dataset), markup=False, highlight=False, soft_wrap=True)
    with waiting(f"starting {start.name}"):
        runner = start.started(campaign.plugins)
    campaign.store.elsewhere.changed(write_plan(campaign.store.root, whole_plan(campaign, plan)))
    together = side_by_side(campaign.options) if start.is_own_ray else 1
    left = TimeLeft(workload(campaign, plan), together)
    try:
        with make_view(jobs, console, left.text) as view:

            def on_event(event: Event) -> None:
                spent(event)
                left(event)
                view(event)
                follow(event)

            outcomes = campaign.run(runner, on_event)
    finally:
        start.close()
    console.print(spent.line(), markup=False, highlight=False, soft_wrap=True)
    return sum(bool(outcome.error) for outcome in outcomes)
