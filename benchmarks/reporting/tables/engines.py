"""What the inference engines of the machine made of networks and their baselines."""

from __future__ import annotations

from benchmarks.measuring.engine_names import ORDER
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.findings.timing import Race, races
from benchmarks.reporting.formatting import milliseconds
from benchmarks.reporting.tables.base import Column, Fold, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text


@table("engines", section="time", order=15)
def engines(evidence: Evidence) -> Table | None:
    """Every network at its headline setting and its baseline, a row for each and batch size, a column per engine."""
    shown = [
        (network, size, found)
        for network in evidence.networks
        for size in evidence.batch_sizes
        if (found := races(evidence).get((network.label, size))) and found.baseline_seconds
    ]
    if not shown:
        return None
    seen = [*(found.network_seconds for *_, found in shown), *(found.baseline_seconds for *_, found in shown)]
    names = [name for name in ORDER if any(name in seconds for seconds in seen)]
    columns = [Column(name="Network", numeric=False), Column(name="Batch"), Column(name="What", numeric=False)]
    columns += [Column(name=name, unit="ms", tip="Median per image of a few passes in turns.") for name in names]
    return Table(
        title="The race of the engines",
        columns=columns,
        rows=[row for network, size, found in shown for row in _rows(network, size, found, names)],
        note="Medians of a few passes in shuffled turns, which choose the engine of all other timings and are used for "
        "nothing else. Networks that route run in PyTorch, or in ONNX Runtime cut at their decisions; other engines "
        "get the dense baseline only. One thread, 32-bit floating point.",
        fold=Fold(heading="The race of the engines", summary="which of them timed what, and why"),
    )


def _rows(network: NetworkEvidence, size: int, found: Race, names: list[str]) -> list[list[Cell]]:
    rows = []
    for what, seconds in (("network", found.network_seconds), ("baseline", found.baseline_seconds)):
        if seconds:
            best = next(iter(seconds))
            cells = [_time(seconds.get(name), best=name == best) for name in names]
            who = text(network.name, network=network.slug)
            rows.append([who, Cell(text=str(size), sort=size), text(what), *cells])
    return rows


def _time(seconds: float | None, *, best: bool) -> Cell:
    if seconds is None:
        return missing("")
    return Cell(text=milliseconds(seconds), sort=seconds, best=best)
