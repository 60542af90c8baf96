"""What tuning found: a table of trials, the chosen values of every network, and the study that uses them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

import zoo
from benchmarks.records.files import replacing, write_text, write_yaml
from benchmarks.study.design import OwnRecipe
from benchmarks.study.study import ModelSpec, Study
from benchmarks.tuning.files import FOLDER, SUMMARY, TRIALS, TUNED, read_summary, read_trials
from benchmarks.tuning.space import search_space, text_of, values_of
from benchmarks.tuning.trial import Trial

COST_TOLERANCE = 1.05
"""A candidate may cost so many times what trial 0 costs."""
RECIPE_FIELDS = ("lr", "weight_decay")


def rows_of(spec: ModelSpec, trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """A row per trial that has ended: network, trial, state, epochs, validation_accuracy, macs, seconds, values."""
    space, rows = search_space(spec), []
    for trial in trials:
        found = trial.result()
        if found is None:
            continue
        accuracies = found["accuracies"]
        rows.append(
            {
                "network": spec.label,
                "trial": trial.number,
                "state": found["state"],
                "epochs": len(accuracies),
                "validation_accuracy": accuracies[-1] if accuracies else float("nan"),
                "macs": float("nan") if found["macs"] is None else found["macs"],
                "seconds": found["seconds"],
                "values": json.dumps(values_of(trial.spec, space)),
            }
        )
    return rows


def best_trial(rows: Sequence[Mapping[str, Any]]) -> int:
    """Number of the trial with the greatest validation accuracy, among those that trained to the end.

    A trial that costs more multiply-accumulates than trial 0 is left out: else a gate would be tuned to skip nothing.
    Of equal ones, the first.

    Raises:
        ValueError: no trial trained to the end.
    """
    finished = [row for row in rows if row["state"] == "finished"]
    if not finished:
        raise ValueError("no trial trained to the end")
    first = [row["macs"] for row in finished if row["trial"] == 0]
    affordable = [row for row in finished if not first or row["macs"] <= COST_TOLERANCE * first[0]]
    return int(max(affordable, key=lambda row: (row["validation_accuracy"], -row["trial"]))["trial"])


def chosen_entry(spec: ModelSpec, winner: ModelSpec) -> OwnRecipe:
    """The study's entry for a network with the values of a trial."""
    recipe = {name: winner.recipe.model_dump()[name] for name in RECIPE_FIELDS}
    preset = None if spec.preset == spec.scale else spec.preset
    return OwnRecipe(name=str(zoo.Selector(spec.method, preset, winner.parameters)), recipe=recipe)


def write_outcome(
    root: Path,
    study: Study,
    specs: Sequence[ModelSpec],
    trials: Mapping[str, Sequence[Trial]],
    *,
    budget: dict[str, int],
) -> list[str]:
    """Write the table, the summary and the tuned study; labels of networks whose other budget made them drop out.

    Args:
        root: directory of the study.
        study: with its preset.
        specs: first seeds of the tuned networks.
        trials: by label.
        budget: `trials` and `epochs`.
    """
    folder = root / FOLDER
    before = read_summary(root) or {"networks": {}}
    same = {name: before.get(name) for name in budget} == budget
    networks: dict[str, Any] = dict(before["networks"]) if same else {}
    table: list[dict[str, Any]] = []
    if networks:
        table = [{str(k): v for k, v in row.items()} for row in read_trials(root).to_dict("records")]
    labels = {spec.label for spec in specs}
    rows = [row for row in table if row["network"] not in labels]
    for spec in specs:
        own = rows_of(spec, trials[spec.label])
        rows += own
        if not any(row["state"] == "finished" for row in own):
            networks.pop(spec.label, None)
            continue
        chosen = best_trial(own)
        entry = chosen_entry(spec, next(t.spec for t in trials[spec.label] if t.number == chosen))
        networks[spec.label] = {
            "searched": {name: text_of(knob) for name, knob in search_space(spec).items()},
            "chosen": chosen,
            "entry": entry.model_dump(mode="json"),
        }
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / TRIALS) as temporary:
        pd.DataFrame(rows).to_parquet(temporary, index=False)
    write_yaml(folder / SUMMARY, {**budget, "networks": networks})
    write_text(folder / TUNED, tuned_text(study, {label: facts["entry"] for label, facts in networks.items()}))
    return [] if same else sorted(set(before["networks"]) - labels)


def tuned_text(study: Study, entries: Mapping[str, Mapping[str, Any]]) -> str:
    """The study with tuned networks in the place of their untuned ones, as YAML."""
    methods: list[Any] = []
    for spec in study.model_copy(update={"repetitions": 1}).models():
        preset = None if spec.preset == spec.scale else spec.preset
        name = str(zoo.Selector(spec.method, preset, spec.parameters))
        own = study.own_fields(spec.selector)
        if spec.label in entries:
            name, own = entries[spec.label]["name"], {**own, **entries[spec.label]["recipe"]}
        processes = study.own_processes(spec.selector)
        entry = OwnRecipe(name=name, recipe=own, processes=processes).model_dump(mode="json")
        methods.append(entry if own or processes else name)
    values = study.model_dump(mode="json") | {"methods": methods}
    text: str = yaml.safe_dump(json.loads(json.dumps(values)), sort_keys=False, allow_unicode=True)
    return text
