"""What tuning searched, what it cost, and its best trials."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from benchmarks.reporting.evidence.evidence import Evidence, Tuning
from benchmarks.reporting.formatting import count, duration, percent
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text

BEST = 3
"""Trials that are shown of each network."""


@table("tuning", section="training", order=7)
def tuning(evidence: Evidence) -> Table | None:
    """One row per tuned network; None where the study was not tuned."""
    tuned = evidence.tuning
    if tuned is None or not tuned.networks:
        return None
    columns = [
        Column(name="Network", numeric=False),
        Column(name="Searched", numeric=False, long=True),
        Column(name="Trials", tip="Trained to the end, stopped early, diverged."),
        Column(name="Cost", tip="Seconds of training of all trials together."),
        Column(name="Untuned", unit="%, validation"),
        Column(name="Best trials", numeric=False, long=True, tip="Validation accuracy, MACs and values."),
        Column(name="Chosen", numeric=False, long=True),
        Column(name="Trained so here", numeric=False),
    ]
    return Table(
        title="Tuning",
        columns=columns,
        rows=[_row(evidence, tuned, label) for label in tuned.networks],
        note=f"{tuned.trials} trials of at most {tuned.epochs} epochs for every network, the study’s own values among "
        "them, drawn at random; halving stops the worse two thirds early. The most accurate on validation images is "
        "chosen, among those that cost at most 5 % more than the study’s own values.",
    )


def _row(evidence: Evidence, tuned: Tuning, label: str) -> list[Cell]:
    facts = tuned.networks[label]
    own = tuned.trials_table[tuned.trials_table["network"] == label]
    states = own["state"].value_counts()
    finished = own[own["state"] == "finished"].sort_values(["validation_accuracy", "trial"], ascending=[False, True])
    untuned = own[(own["trial"] == 0) & (own["state"] == "finished")]["validation_accuracy"]
    chosen = own[own["trial"] == facts["chosen"]].iloc[0]
    seconds = float(own["seconds"].sum())
    return [
        text(label),
        text("; ".join(f"{name}: {knob}" for name, knob in facts["searched"].items())),
        Cell(text=count(len(own)), sub=", ".join(f"{n} {state}" for state, n in states.items()), sort=float(len(own))),
        Cell(text=duration(seconds), sort=seconds),
        Cell(text=percent(untuned.iloc[0]), sort=float(untuned.iloc[0])) if len(untuned) else missing("diverged"),
        text("; ".join(_trial(evidence, row) for _, row in finished.head(BEST).iterrows())),
        text(_trial(evidence, chosen), "the study’s own values" if facts["chosen"] == 0 else ""),
        text("yes" if _used(evidence, facts["entry"]) else "no"),
    ]


def _trial(evidence: Evidence, row: pd.Series[Any]) -> str:
    values = ", ".join(f"{name} {value}" for name, value in json.loads(row["values"]).items())
    return (
        f"{percent(row['validation_accuracy'])} % at {evidence.unit.format(row['macs'])} {evidence.unit.name}: {values}"
    )


def _used(evidence: Evidence, entry: Mapping[str, Any]) -> bool:
    """Whether the page shows the network with the chosen values, and with no others."""
    found = [network.first for network in evidence.networks if network.label == entry["name"]]
    return any(all(getattr(model.recipe, name) == value for name, value in entry["recipe"].items()) for model in found)
