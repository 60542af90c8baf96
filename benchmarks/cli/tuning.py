"""The command behind `python -m benchmarks.tune`: from its options to trials and chosen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.console import Console

from benchmarks.cli import options
from benchmarks.cli.command import RUN_ERRORS
from benchmarks.cli.console import Grid, make_console
from benchmarks.cli.errors import INPUT_ERRORS, one_line_errors, one_line_interrupt
from benchmarks.cli.folders import check_folder, check_results
from benchmarks.records.claims import Busy, claim
from benchmarks.records.environment import describe_environment, usable_cpus
from benchmarks.records.identity import identify
from benchmarks.running.campaign import Campaign, RunOptions
from benchmarks.study.study import ModelSpec, StudyError, load_study
from benchmarks.tuning.files import FOLDER, TUNED, read_summary, read_trials
from benchmarks.tuning.outcome import write_outcome
from benchmarks.tuning.space import candidate
from benchmarks.tuning.trial import Trial

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command(epilog="The same command run again does only what is missing; no trial is trained twice.")
def tune(
    study: options.StudyOption = "quick",
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
    results: options.ResultsOption = Path("results"),
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
    with one_line_interrupt(), one_line_errors(*INPUT_ERRORS):
        base = options.override(load_study(study), {"dataset": dataset, "preset": preset, "name": name}, None)
        chosen = base if methods is None else options.override(base, {"methods": options.split_methods(methods)}, None)
        run_options = RunOptions(
            results=results,
            data_root=None if data_root is None else check_folder(data_root, "--data-root"),
            device=options.checked_device(device),
            cpus_per_job=options.checked_cpus(cpus_per_job, elsewhere=ray_address is not None),
            gpus_per_job=options.checked_gpus(gpus_per_job, device),
            hours=options.checked_hours(time_limit),
        )
        check_results(results / base.name, "--results")
        whole = Campaign(base, run_options)
        budget = {"trials": trials, "epochs": base.recipe.epochs if epochs is None else epochs}
        curve = whole.study.static_curve if methods is None else ()
        alike = {"preset": whole.study.preset, "static_curve": curve}
        tuned = Campaign(options.override(chosen, alike, None), run_options)
        specs = [spec for spec in tuned.specs if spec.repetition == 0]
        waiting = {spec.label: make_trials(spec, tuned, **budget) for spec in specs}
    root = whole.store.root
    with one_line_interrupt(), one_line_errors(*RUN_ERRORS, Busy), claim(root / ".claims" / "tuning.lock"):
        if not (root / "study.yaml").exists():
            whole.store.write_study(whole.study, describe_environment())
        errors = run_trials(waiting, budget["epochs"], scheduler, ray_address, run_options, console)
        for label in write_outcome(root, whole.study, specs, waiting, budget=budget):
            console.print(f"{label} was tuned with another budget, and is left out; tune it again with this one.")
    tuned_labels = (read_summary(root) or {"networks": {}})["networks"]
    errors += [
        f"{spec.label}: no trial trained to the end; lower the study's learning rate"
        for spec in specs
        if spec.label not in tuned_labels
    ]
    console.print(outcome_grid(root).table())
    where = f" --results {results}" if results != Path("results") else ""
    console.print(
        f"To use them: python -m benchmarks.run --study {root / FOLDER / TUNED}{where}", soft_wrap=True, markup=False
    )
    if errors:
        console.print(*errors, sep="\n", markup=False, soft_wrap=True)
        raise typer.Exit(1)


def make_trials(spec: ModelSpec, campaign: Campaign, *, trials: int, epochs: int) -> list[Trial]:
    """The trials of a network.

    Raises:
        StudyError: fewer epochs than a candidate has phases of training.
    """
    made, options_ = [], campaign.options
    short = spec.model_copy(update={"recipe": spec.recipe.model_copy(update={"epochs": epochs})})
    for number in range(trials):
        one = candidate(short, number)
        if epochs < 1 or epochs < campaign.phases(one):
            raise StudyError(f"--epochs: {one.label} needs at least {campaign.phases(one)}, one per training phase")
        identity = identify(one, campaign.dataset, torch.device(options_.device))
        made.append(
            Trial(
                network=spec.label,
                number=number,
                spec=one,
                identity=identity.name,
                precision=identity.precision,
                folder=(campaign.store.root / FOLDER).resolve(),
                data_root=options_.data_root.resolve() if options_.data_root else None,
                device=options_.device,
                hours=options_.hours,
            )
        )
    return made


def run_trials(
    waiting: Mapping[str, Sequence[Trial]],
    epochs: int,
    scheduler: options.SchedulerName,
    ray_address: str | None,
    run_options: RunOptions,
    console: Console,
) -> list[str]:
    """Run what is missing, network by network; a line for each trial that failed. Ray starts only if there is any."""
    todo = {label: trials for label, trials in waiting.items() if any(trial.result() is None for trial in trials)}
    if not todo:
        console.print("All trials have ended already.")
        return []

    def say(trial: Trial) -> None:
        found = trial.result()
        if found:
            accuracy = f"{found['accuracies'][-1]:.1%}" if found["accuracies"] else "no accuracy"
            state = f"{found['state']} after {len(found['accuracies'])} epochs"
            console.print(f"{trial.network}, trial {trial.number}: {state}, {accuracy}", markup=False)

    from benchmarks.tuning.schedule import run_inline, run_with_ray

    errors: list[str] = []
    if scheduler is options.SchedulerName.inline:
        for trials in todo.values():
            errors += described(trials, run_inline(trials, say))
        return errors
    from benchmarks.running.scheduling.cluster import Cluster

    cluster = Cluster(ray_address, usable_cpus())
    try:
        for trials in todo.values():
            failed = run_with_ray(
                trials, cluster, epochs, say, cpus=run_options.cpus_per_job, gpus=run_options.gpus_per_job
            )
            errors += described(trials, failed)
    finally:
        cluster.leave()
    return errors


def described(trials: Sequence[Trial], errors: Mapping[str, str]) -> list[str]:
    """A line for each failed trial."""
    return [f"{t.network}, trial {t.number} failed: {errors[t.identity]}" for t in trials if t.identity in errors]


def outcome_grid(root: Path) -> Grid:
    """The chosen trial of every network beside the untuned one."""
    summary: dict[str, Any] = read_summary(root) or {"networks": {}}
    table, rows = read_trials(root), []
    for label, facts in summary["networks"].items():
        own = table[table["network"] == label].set_index("trial")
        untuned = f"{own['validation_accuracy'][0]:.1%}" if 0 in own.index else "–"
        best = own.loc[facts["chosen"]]
        recipe = ", ".join(f"{name} {value:g}" for name, value in facts["entry"]["recipe"].items())
        rows.append(
            (
                label,
                facts["entry"]["name"],
                recipe,
                untuned,
                f"{best['validation_accuracy']:.1%}",
                f"{own['seconds'].sum():.1f} s",
            )
        )
    return Grid(("network", "chosen", "recipe"), ("untuned", "tuned", "cost"), rows)
