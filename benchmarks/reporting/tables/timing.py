"""Time of networks and of their baselines, and of short and long paths."""

from __future__ import annotations

import math

from benchmarks.measuring.summaries.latency import PERCENTILES
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.findings.provenance import timing_note
from benchmarks.reporting.formatting import is_missing, milliseconds
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, number, text


@table("timing", section="time", order=10)
def timing(evidence: Evidence) -> Table | None:
    """Every network that skips something at its headline setting, a row per batch size."""
    timed = [network for network in evidence.networks if evidence.batch_sizes and _saves(evidence, network)]
    if not timed:
        return None
    sizes = evidence.batch_sizes
    compiled = any(not is_missing(evidence.value(network, f"compiled_{size}")) for network in timed for size in sizes)
    columns = [
        Column(name="Network", numeric=False),
        Column(name="Batch"),
        Column(name="Routed", unit="ms", tip="Median per image, only the needed units; quartiles."),
        Column(name="By route", unit="ms", tip="The same, with images of the same route in the same batch."),
        Column(name="Everything", unit="ms", tip="The same network computing every unit."),
        Column(name="Baseline", unit="ms", tip="The baseline, served in the same way, timed in turns."),
        Column(name="Compiled", unit="ms", tip="The baseline through torch.compile."),
        Column(name="Speed-up", tip="Baseline over routed."),
        Column(name="Realised", tip="1 is every saved multiply-accumulate in time."),
    ]
    rows = [_row(evidence, network, size, first=size == sizes[0]) for network in timed for size in sizes]
    if not compiled:
        columns.pop(6)
        for row in rows:
            row.pop(6)
    return Table(
        title="Time per image by batch size, at the headline setting",
        columns=columns,
        rows=rows,
        note="Networks that skip something. Below a name: the batch size from which it is at least as fast as its "
        "baseline, as far as larger ones were timed." + timing_note(evidence),
    )


@table("paths", section="time", order=30)
def paths(evidence: Evidence) -> Table | None:
    """What single images take on the short and on the long path, of networks whose routes differ."""
    routed = [network for network in evidence.networks if not is_missing(evidence.value(network, "short_p50"))]
    if not routed:
        return None
    names = [(path, percentile) for path in ("short", "long") for percentile in PERCENTILES]
    columns = [Column(name="Network", numeric=False)]
    columns += [Column(name=f"{path.title()} path", unit=f"ms, p{percentile}") for path, percentile in names]
    rows = [
        [
            text(network.name, network=network.slug),
            *(
                number(evidence.headlines[network.label], f"{path}_p{percentile}", milliseconds, reason="")
                for path, percentile in names
            ),
        ]
        for network in routed
    ]
    return Table(
        title="Time of single images by path, at the headline setting",
        columns=columns,
        rows=rows,
        note="A path is short where it costs less than halfway between the cheapest and the most expensive image."
        + timing_note(evidence),
    )


def _saves(evidence: Evidence, network: NetworkEvidence) -> bool:
    """Whether a network was timed and ran less than its nominal cost, or its cost was not counted."""
    if is_missing(evidence.value(network, f"latency_{evidence.batch_sizes[0]}")):
        return False
    return not evidence.value(network, "executed") >= evidence.value(network, "nominal")


def _row(evidence: Evidence, network: NetworkEvidence, size: int, *, first: bool) -> list[Cell]:
    point = evidence.headlines[network.label]
    times = [
        number(point, f"{kind}_{size}", milliseconds, reason="", interval=kind == "latency")
        for kind in ("latency", "sorted", "dense", "static", "compiled")
    ]
    ratios = [
        number(point, f"{kind}_{size}", lambda value: f"{value:.2f}", reason="") for kind in ("speedup", "realised")
    ]
    return [
        text(network.name, _break_even(evidence.value(network, "break_even")) if first else "", network=network.slug),
        Cell(text=str(size), sort=size),
        *times,
        *ratios,
    ]


def _break_even(batch: float) -> str:
    if is_missing(batch):
        return ""
    return (
        "slower than the baseline at the largest batch"
        if math.isinf(batch)
        else f"as fast as the baseline from batch {batch:.0f}"
    )
