"""Time of networks and of their baselines, and of short and long paths."""

from __future__ import annotations

import math
from dataclasses import replace

from benchmarks.measuring.summaries.latency import FEWEST_TIMINGS, PATHS, PERCENTILES
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.findings.provenance import timing_note
from benchmarks.reporting.findings.timing import Race, budget_note, engines_note, races, twins_note
from benchmarks.reporting.formatting import count, is_missing, milliseconds
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, number, text
from benchmarks.reporting.tables.marks import timed


@table("timing", section="time", order=10)
def timing(evidence: Evidence) -> Table | None:
    """Every network that skips something at its headline setting, a row per batch size."""
    shown = [network for network in evidence.networks if evidence.batch_sizes and _saves(evidence, network)]
    if not shown:
        return None
    sizes = evidence.batch_sizes
    compiled = any(not is_missing(evidence.value(network, f"compiled_{size}")) for network in shown for size in sizes)
    columns = [
        Column(name="Network", numeric=False),
        Column(name="Batch"),
        Column(name="Routed", unit="ms", tip="Mean per image, only the needed units; 95 % interval."),
        Column(name="By route", unit="ms", tip="The same, with images of the same route in the same batch."),
        Column(name="Everything", unit="ms", tip="The same network computing every unit."),
        Column(name="Baseline", unit="ms", tip="The baseline in its fastest engine, timed in turns."),
        Column(name="Compiled", unit="ms", tip="The baseline through torch.compile."),
        Column(name="Speed-up", tip="Mean time of the baseline over the mean routed time; 95 % interval of turns."),
        Column(name="Realised", tip="1 is every saved multiply-accumulate in time; 95 % interval."),
        Column(name="Turns", tip="How often each was timed, in shuffled order; what ended that."),
    ]
    rows = [_row(evidence, network, size, first=size == sizes[0]) for network in shown for size in sizes]
    if not compiled:
        columns.pop(6)
        for row in rows:
            row.pop(6)
    return Table(
        title="Time per image by batch size, at the headline setting",
        columns=columns,
        rows=rows,
        note="Networks that skip something. Times are means per image, speed-ups are ratios of means; below them: 95 % "
        "bootstrap intervals over turns, in which all were timed on the same images. Below a name: the batch size from "
        "which on it is faster than its baseline: the 99.9 % interval of the speed-up is above 1 by more than half a "
        "percent." + engines_note(evidence) + budget_note(evidence) + twins_note(evidence) + timing_note(evidence),
    )


@table("paths", section="time", order=30)
def paths(evidence: Evidence) -> Table | None:
    """What single images take: all of them, and where routes differ those on the short and on the long path."""
    rows = [
        _path(evidence, network, path)
        for network in evidence.networks
        for path in PATHS
        if evidence.value(network, f"{path}_n") > 0
    ]
    if not rows:
        return None
    columns = [Column(name="Network", numeric=False), Column(name="Path", numeric=False)]
    columns += [Column(name="n", tip="Timings of single images.")]
    columns += [Column(name=f"p{percentile}", unit="ms") for percentile in PERCENTILES]
    return Table(
        title="Time of single images by path, at the headline setting",
        columns=columns,
        rows=rows,
        note="A path is short where it costs less than halfway between the cheapest and the most expensive image. Of "
        f"fewer than {FEWEST_TIMINGS} timings there are no percentiles.{timing_note(evidence)}",
    )


def _path(evidence: Evidence, network: NetworkEvidence, path: str) -> list[Cell]:
    point = evidence.headlines[network.label]
    reason = f"fewer than {FEWEST_TIMINGS}"
    return [
        text(network.name, network=network.slug),
        text(path),
        number(point, f"{path}_n", count, reason=""),
        *(number(point, f"{path}_p{percentile}", milliseconds, reason=reason) for percentile in PERCENTILES),
    ]


def _saves(evidence: Evidence, network: NetworkEvidence) -> bool:
    """Whether a network was timed and ran less than its nominal cost, or its cost was not counted."""
    if is_missing(evidence.value(network, f"latency_{evidence.batch_sizes[0]}")):
        return False
    return not evidence.value(network, "executed") >= evidence.value(network, "nominal")


def _row(evidence: Evidence, network: NetworkEvidence, size: int, *, first: bool) -> list[Cell]:
    point = evidence.headlines[network.label]
    others = ("sorted", "dense", "static", "compiled")
    times = [
        timed(evidence, network, point, f"latency_{size}", milliseconds, reason=""),
        *(number(point, f"{kind}_{size}", milliseconds, reason="") for kind in others),
    ]
    ratios = [
        timed(evidence, network, point, f"{kind}_{size}", lambda value: f"{value:.2f}", reason="")
        for kind in ("speedup", "realised")
    ]
    ended = "narrow" if evidence.value(network, f"narrow_{size}") == 1 else "time spent"
    passes = number(point, f"passes_{size}", count, reason="")
    return [
        text(network.name, _break_even(evidence.value(network, "break_even")) if first else "", network=network.slug),
        Cell(text=str(size), sort=size, sub=_engines(races(evidence).get((network.label, size)))),
        *times,
        *ratios,
        replace(passes, sub=ended),
    ]


def _engines(found: Race | None) -> str:
    if found is None:
        return ""
    return found.network if found.network == found.baseline else f"{found.network}; baseline {found.baseline}"


def _break_even(batch: float) -> str:
    if is_missing(batch):
        return ""
    return (
        "not faster than the baseline at the largest batch"
        if math.isinf(batch)
        else f"faster than the baseline from batch {batch:.0f}"
    )
