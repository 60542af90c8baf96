"""Where the study's time went: training, every evaluator, waiting, and the rest of its jobs."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.formatting import count, duration, percent
from benchmarks.reporting.tables.base import Column, Fold, Table, table
from benchmarks.reporting.tables.cells import Cell, text

WORDS = {"waiting": "waiting for the machine", "other": "other work of the jobs"}
OTHER_TIP = "Reading data, a few steps to estimate the time, choosing settings, counting the baseline, and writing."


@table("spent", section="trust", order=30)
def spent(evidence: Evidence) -> Table | None:
    """One row per step, the longest first; None where no network was trained."""
    by_step: dict[str, list[tuple[float, str]]] = {}
    for network in evidence.networks:
        for model in network.models:
            seed = f" #{model.repetition + 1}" if model.repetition else ""
            for step, seconds in model.spent.items():
                by_step.setdefault(step, []).append((seconds, f"{network.name}{seed}"))
    if not by_step:
        return None
    totals = {step: sum(seconds for seconds, _ in found) for step, found in by_step.items()}
    whole = sum(totals.values())
    rows = [
        [
            text(WORDS.get(step, step), tip=OTHER_TIP if step == "other" else ""),
            Cell(text=count(len(by_step[step])), sort=float(len(by_step[step]))),
            Cell(text=duration(totals[step]), sort=totals[step]),
            Cell(text=percent(totals[step] / whole) if whole else "0", sort=totals[step]),
            text(f"{max(by_step[step])[1]}, {duration(max(by_step[step])[0])}"),
        ]
        for step in sorted(totals, key=lambda step: -totals[step])
    ]
    columns = [
        Column(name="Step", numeric=False),
        Column(name="Times", tip="How many networks and seeds have it."),
        Column(name="Total"),
        Column(name="Share", unit="%"),
        Column(name="Longest", numeric=False),
    ]
    return Table(
        title="Where the time went",
        columns=columns,
        rows=rows,
        note=_note(totals),
        fold=Fold(heading="Where the time went", summary=f"{duration(whole)} of jobs, which may run side by side"),
    )


def _note(totals: Mapping[str, float]) -> str:
    start = "Start of Ray and of its workers is not part of a job; a run prints it at its end."
    unknown = "Of these records, only training and evaluators are known. "
    return start if "other" in totals else unknown + start
