"""What `python -m benchmarks.tune` does: trials of every network, the choice among them, and what is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import typer
from rich.console import Console

from benchmarks.cli import options
from benchmarks.cli.console import Grid
from benchmarks.cli.error_kinds import RUN_ERRORS
from benchmarks.cli.errors import one_line_errors, one_line_interrupt
from benchmarks.cli.values import override
from benchmarks.records.claims import Busy, claim
from benchmarks.records.environment import describe_environment, usable_cpus
from benchmarks.records.identity import identify
from benchmarks.running.campaign import Campaign, RunOptions
from benchmarks.study.study import ModelSpec, Study, StudyError
from benchmarks.tuning.files import FOLDER, TUNED, read_summary, read_trials
from benchmarks.tuning.outcome import write_outcome
from benchmarks.tuning.space import candidate
from benchmarks.tuning.trial import Trial


@dataclass(frozen=True, kw_only=True)
class Search:
    """The trials of a study.

    Attributes:
        whole: the study, with all of its networks.
        specs: the networks that are tuned.
        trials: of each network, by label.
        budget: number of `trials` per network and of `epochs` per trial.
    """

    whole: Campaign
    specs: Sequence[ModelSpec]
    trials: Mapping[str, Sequence[Trial]]
    budget: dict[str, int]


def search(base: Study, chosen: Study | None, run_options: RunOptions, *, trials: int, epochs: int | None) -> Search:
    """The trials of a study's networks.

    Args:
        base: the study.
        chosen: the study with the networks that are tuned; None: all of them.
        run_options: how trials run.
        trials: per network.
        epochs: of a trial; None: those of the study's recipe.

    Raises:
        StudyError: a network does not fit the data, is not trained, or has fewer epochs than phases of training.
    """
    whole = Campaign(base, run_options)
    length = base.recipe.epochs if epochs is None else epochs
    curve = whole.study.static_curve if chosen is None else ()
    alike = {"preset": whole.study.preset, "static_curve": curve}
    tuned = Campaign(override(base if chosen is None else chosen, alike, None), run_options)
    given = [spec.label for spec in tuned.specs if spec.weights]
    specs = [spec for spec in tuned.specs if spec.repetition == 0 and not spec.weights]
    if given and (chosen is not None or not specs):
        raise StudyError(f"methods: {given[0]} is not trained, since its weights are given: nothing of it can be tuned")
    waiting = {spec.label: make_trials(spec, tuned, trials=trials, epochs=length) for spec in specs}
    return Search(whole=whole, specs=specs, trials=waiting, budget={"trials": trials, "epochs": length})


def run_tuning(searched: Search, scheduler: options.SchedulerName, ray_address: str | None, console: Console) -> None:
    """Run what is missing, store the choice, and print it.

    Raises:
        typer.Exit: a trial failed, or no trial of a network trained to the end.
    """
    whole, specs = searched.whole, searched.specs
    root = whole.store.root
    with one_line_interrupt(), one_line_errors(*RUN_ERRORS, Busy), claim(root / ".claims" / "tuning.lock"):
        if not (root / "study.yaml").exists():
            whole.store.write_study(whole.study, describe_environment())
        epochs = searched.budget["epochs"]
        errors = run_trials(
            searched.trials, epochs, scheduler, ray_address, whole.options, console, plugins=whole.plugins
        )
        for label in write_outcome(root, whole.study, specs, searched.trials, budget=searched.budget):
            console.print(f"{label} was tuned with another budget, and is left out; tune it again with this one.")
    tuned_labels = (read_summary(root) or {"networks": {}})["networks"]
    errors += [
        f"{spec.label}: no trial trained to the end; lower the study's learning rate"
        for spec in specs
        if spec.label not in tuned_labels
    ]
    console.print(outcome_grid(root).table())
    where = f" --results {whole.options.results}" if whole.options.results != Path("results") else ""
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
                plugins=campaign.plugins,
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
    plugins: Sequence[str] = (),
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

    cluster = Cluster(ray_address, usable_cpus(), plugins)
    gpus = 1.0 if run_options.gpus_per_job is None else run_options.gpus_per_job  # what trials need is not measured
    try:
        for trials in todo.values():
            failed = run_with_ray(trials, cluster, epochs, say, cpus=run_options.cpus_per_job, gpus=gpus)
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
