"""Time and accuracy of every training."""

from __future__ import annotations

from benchmarks.records.words import NOT_TRAINED
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.formatting import count, duration, percent
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text


@table("training", section="training", order=10)
def training(evidence: Evidence) -> Table | None:
    """One row per trained network and seed; None where there is none."""
    rows = []
    for network in evidence.networks:
        for model in network.models:
            history = model.history
            if network.is_given:
                rows.append(_not_trained(network, model.device))
                continue
            last = history.iloc[-1]
            phases = list(dict.fromkeys(str(phase) for phase in history["phase"]))
            seconds = model.seconds
            rows.append(
                [
                    text(network.name, network=network.slug),
                    Cell(text=count(model.repetition + 1), sort=float(model.repetition)),
                    Cell(text=count(len(history)), sort=float(len(history))),
                    text(" → ".join(phases)),
                    Cell(text=percent(last["train_accuracy"]), sort=float(last["train_accuracy"])),
                    Cell(text=percent(last["validation_accuracy"]), sort=float(last["validation_accuracy"])),
                    Cell(text=duration(history["seconds"].median()), sort=float(history["seconds"].median())),
                    Cell(text=duration(seconds), sort=seconds),
                    text(model.device),
                ]
            )
    columns = [
        Column(name="Network", numeric=False),
        Column(name="Seed"),
        Column(name="Epochs"),
        Column(name="Phases", numeric=False),
        Column(
            name="Training accuracy",
            unit="%, last epoch",
            tip="On the images as they were trained on: augmented, and attacked if the recipe is adversarial.",
        ),
        Column(name="Validation accuracy", unit="%, last epoch"),
        Column(name="Epoch", unit="median"),
        Column(name="Total", tip="Training and choosing settings."),
        Column(name="Device", numeric=False),
    ]
    if not rows:
        return None
    return Table(title="Training of every network", columns=columns, rows=rows)


def _not_trained(network: NetworkEvidence, device: str) -> list[Cell]:
    """The row of a network whose weights were given."""
    return [text(network.name, network=network.slug), *(missing(NOT_TRAINED) for _ in range(7)), text(device)]
