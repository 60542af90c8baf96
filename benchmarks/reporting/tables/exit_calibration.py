"""How far the confidence of every exit can be trusted, before and after temperature scaling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.measuring.summaries.accuracy import CALIBRATION_BINS
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.exits import CONFIDENCE, ExitAnswers, exit_answers
from benchmarks.reporting.findings.exit_calibration import ExitCalibration, exit_calibration
from benchmarks.reporting.formatting import count, percent, points, significant
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, text
from benchmarks.statistics import Contrasts


@table("exit-calibration", section="calibration", order=20)
def calibration_of_exits(evidence: Evidence) -> Table | None:
    """A row per exit of every network with early exits, first seed; None without such networks."""
    rows, calibrations, temperatures, images = [], [], [0.0], 0
    for network in evidence.networks:
        answers, found = exit_answers(network), exit_calibration(network)
        if answers is not None and found is not None:
            rows += list(_rows(network, answers, found))
            calibrations.append(found)
            temperatures += answers.temperatures.tolist()
            images = max(images, len(answers.labels))
    if not rows:
        return None
    return Table(
        title="Calibration of every exit",
        columns=[
            Column(name="Network", numeric=False),
            Column(name="Exit", numeric=False),
            Column(name="Accuracy", unit="%"),
            Column(name="Confidence", unit="%", tip="Mean over images; below it, its excess over the accuracy."),
            Column(name="Calibration error", unit="points", tip="ECE; below it, what chance makes in 19 of 20 cases."),
            Column(name="Temperature", tip="By which logits are divided; above 1 the exit was too confident."),
            Column(name="Scaled", unit="points", tip="Calibration error after that."),
            Column(name="Squared gap", unit="points", tip="Scaled minus not scaled: below 0, scaling helps."),
        ],
        rows=rows,
        note=f"{count(images)} test images, first seed. Calibration error: mean |confidence − accuracy| over "
        f"{CALIBRATION_BINS} equal bins, bold where it exceeds what 19 of 20 exits with the same confidences have that "
        "are as often right as they say. Squared gap: mean over images of (confidence − whether it is right)², the "
        "Brier score. Its intervals and those of the excess are 95 % intervals that hold together for each network. "
        f"{_verdict(calibrations, temperatures)}",
    )


def _rows(network: NetworkEvidence, answers: ExitAnswers, found: ExitCalibration) -> Iterator[list[Cell]]:
    for place, name in enumerate(answers.exits):
        accuracy = float(answers.right[:, place].mean())
        sure = float(1 - answers.scores[CONFIDENCE][:, place].mean())
        temperature, change = float(answers.temperatures[place]), float(found.brier.estimate[place])
        yield [
            text(network.name, network=network.slug),
            text(name),
            Cell(text=percent(accuracy), sort=accuracy),
            Cell(text=percent(sure), sub=f"{points(sure - accuracy)} ({_ends(found.excess, place)})", sort=sure),
            _error(found, place, 0),
            Cell(text=significant(temperature), sort=temperature),
            _error(found, place, 1),
            Cell(text=points(change, 2), sub=_ends(found.brier, place, 2), sort=change),
        ]


def _ends(found: Contrasts, place: int, digits: int = 1) -> str:
    return f"{points(found.low[place], digits)} to {points(found.high[place], digits)}"


def _error(found: ExitCalibration, place: int, scaled: int) -> Cell:
    value, limit = float(found.errors[place, scaled]), float(found.by_chance[place, scaled])
    return Cell(text=percent(value), sub=f"chance {percent(limit)}", sort=value, best=value > limit)


def _verdict(several: Sequence[ExitCalibration], temperatures: Sequence[float]) -> str:
    beyond = np.concatenate([found.errors > found.by_chance for found in several]).sum(axis=0)
    better = sum(int((found.brier.high < 0).sum()) for found in several)
    exits = sum(len(found.errors) for found in several)
    hot = sum(temperature > 1 for temperature in temperatures)
    return (
        "Guo et al. (2017) find modern networks too confident, and that one temperature repairs that. Here the "
        f"temperature is above 1 at {hot} of {exits} exits; the error exceeds chance at {beyond[0]} before scaling and "
        f"at {beyond[1]} after it, and scaling makes the squared gap smaller at {better}, as far as can be told."
    )
