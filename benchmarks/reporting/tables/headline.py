"""One row per network: is it worth its multiply-accumulates, is it really faster, is it robust."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from benchmarks.records.words import NOT_TRAINED
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.findings.detail import names_of
from benchmarks.reporting.findings.provenance import timing_note
from benchmarks.reporting.findings.significance import compared
from benchmarks.reporting.formatting import (
    duration,
    epsilons,
    interval_words,
    listing,
    milliseconds,
    percent,
    significant,
    span,
)
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, accuracy, at_most, missing, number, text
from benchmarks.reporting.tables.marks import timed


@table("headline", section="overview", order=10)
def headline(evidence: Evidence) -> Table | None:
    """Every network at the setting that it proposes itself; networks that failed are last."""
    sizes = sorted({*evidence.batch_sizes[:1], *evidence.batch_sizes[-1:]})
    points = evidence.headlines
    rows = []
    for network in evidence.networks:
        rows.append(_row(evidence, network, points[network.label], sizes))
    for network in evidence.failed:
        rows.append([_network(network), *([missing(network.failure)] * (len(_columns(evidence, sizes)) - 1))])
    if not rows:
        return None
    return Table(
        title="Every network at its headline setting",
        columns=_columns(evidence, sizes),
        rows=_with_best(rows, _columns(evidence, sizes)),
        note=_note(evidence),
    )


def _columns(evidence: Evidence, sizes: list[int]) -> list[Column]:
    unit = evidence.unit.name
    columns = [
        Column(name="Network", numeric=False),
        Column(
            name="Setting", numeric=False, minor=True, tip="Point of the network's curve, chosen on validation data."
        ),
        Column(name="Accuracy", unit="%", best="high", tip=f"Top-1 on the test split. Below: {_intervals(evidence)}."),
        Column(name="Rank", best="low", minor=True, tip=_rank_tip(evidence)),
        Column(name="Params", unit="k", best="low", minor=True, tip="Learnable numbers, thousands."),
        Column(
            name="MACs",
            best="low",
            unit=f"{unit}, of baseline",
            tip="Mean routed MACs per image; share of the baseline's.",
        ),
        Column(name="Executed", unit="% nominal", best="low", minor=True, tip="Execution rate: routed / nominal MACs."),
    ]
    for size in sizes:
        times = "Mean time per image; 95 % interval."
        columns.append(Column(name="Time", unit=f"ms, batch {size}", best="low", minor=True, tip=times))
        tip = f"Mean time of the baseline / its own, both at batch {size}; 95 % interval."
        columns.append(Column(name="Speed-up", unit=f"batch {size}", best="high", minor=size != sizes[0], tip=tip))
    chosen = evidence.headline_attack
    unit = f"% {chosen[0]} ε {epsilons(evidence.robustness['epsilon'])[chosen[1]]}" if chosen else "%"
    columns.append(Column(name="Robust", unit=unit, best="high", tip="Right after the strongest attack of this study."))
    columns.append(Column(name="Training", best="low", minor=True, tip="Time to train one seed."))
    return columns


def _row(evidence: Evidence, network: NetworkEvidence, point: Mapping[str, Any], sizes: list[int]) -> list[Cell]:
    unmeasured = network.reason("cost")
    cells = [
        _network(network),
        text(str(point["setting"])),
        accuracy(point, reason=network.reason("accuracy")),
        _rank(evidence, network),
        number(point, "parameters", lambda value: significant(value / 1e3), reason=unmeasured),
        _macs(evidence, network, point),
        number(point, "execution", percent, reason=unmeasured),
    ]
    for size in sizes:
        untimed = network.reason("latency")
        cells.append(timed(evidence, network, point, f"latency_{size}", milliseconds, reason=untimed))
        cells.append(timed(evidence, network, point, f"speedup_{size}", lambda value: f"{value:.2f}", reason=untimed))
    cells.append(_robust(evidence, network))
    untrained = NOT_TRAINED if network.is_given else "not recorded"
    cells.append(number(point, "train_seconds", duration, reason=untrained))
    return cells


def _network(network: NetworkEvidence) -> Cell:
    seeds = f"{len(network.models)} seeds" if len(network.models) > 1 else ""
    sub = ", ".join(part for part in (network.method.family, seeds) if part)
    return text(network.name, sub, network=network.slug, tip=network.label)


def _rank(evidence: Evidence, network: NetworkEvidence) -> Cell:
    found = compared(evidence)
    if found is None or network not in found.networks:
        return missing("not compared")
    best, worst = found.rank(network)
    return Cell(text=str(best) if best == worst else span(str(best), str(worst)), sort=best + worst / 1000)


def _rank_tip(evidence: Evidence) -> str:
    found = compared(evidence)
    of = "methods as they are trained here" if found and found.about_methods else "networks trained here"
    return (
        f"In accuracy, of the {of}: the ranks that cannot be excluded. A network is behind those that are "
        "significantly better and ahead of those that are significantly worse, all differences judged together."
    )


def _intervals(evidence: Evidence) -> str:
    """What ends of accuracies are."""
    return interval_words(point["seeds"] for point in evidence.headlines.values())


def _macs(evidence: Evidence, network: NetworkEvidence, point: Mapping[str, Any]) -> Cell:
    cell = number(point, "routed", evidence.unit.format, reason=network.reason("cost"))
    share = evidence.share_of_baseline(network)
    return cell if share is None else replace(cell, sub=f"{percent(share, 0)} %")


def _robust(evidence: Evidence, network: NetworkEvidence) -> Cell:
    chosen = evidence.headline_attack
    table = evidence.robustness
    own = table[table["network"] == network.label]
    if chosen is None or own.empty:
        return missing(network.reason("robustness"))
    at = own[(own["attack"] == chosen[0]) & (own["epsilon"] == chosen[1])]
    if at.empty:
        return missing("not measured at this ε")
    cell = accuracy({str(name): value for name, value in at.iloc[0].items()}, reason="no value")
    return at_most(cell, network.overrated)


EMPHASISED = ("Accuracy", "MACs", "Speed-up", "Robust")
"""Columns whose best value is bold."""


def _with_best(rows: list[list[Cell]], columns: list[Column]) -> list[list[Cell]]:
    marked = [list(row) for row in rows]
    for place, column in enumerate(columns):
        values = [row[place].sort for row in rows if isinstance(row[place].sort, float)]
        if column.name not in EMPHASISED or len(values) < 2:
            continue
        best = (max if column.best == "high" else min)(float(value) for value in values if value is not None)
        for row in marked:
            if row[place].sort == best:
                row[place] = replace(row[place], best=True)
    return marked


def _note(evidence: Evidence) -> str:
    several = max((point["seeds"] for point in evidence.headlines.values()), default=1) > 1
    seeds = "Elsewhere ± is the standard deviation over seeds; point at it for their range. " if several else ""
    return (
        f"Below accuracies: {_intervals(evidence)}. A rank is a range where differences in accuracy are not "
        f"significant. {seeds}Times are means, speed-ups ratios of means; below them: 95 % bootstrap intervals over "
        "turns. Speed-ups compare with the network's baseline, timed in turns with it in the same process. Bold is the "
        "best of its column, whether or not the difference means anything: see the intervals. Click a heading to sort, "
        "best first, and a network to see it everywhere."
        f"{_baselines(evidence)}{timing_note(evidence)}"
    )


def _baselines(evidence: Evidence) -> str:
    """Which static ResNets are the baselines of the networks."""
    compared: dict[str, list[NetworkEvidence]] = {}
    for network in evidence.networks:
        if not network.is_baseline:
            compared.setdefault(network.first.baseline.network, []).append(network)
    if len(compared) < 2:
        return "".join(f" The baseline of every network is the static ResNet {network}." for network in compared)
    most = max(compared, key=lambda network: len(compared[network]))
    parts = [f"{network} for {names_of(own)}" for network, own in compared.items() if network != most]
    return f" The baseline, a static ResNet, is {listing([*parts, f'{most} for the others'])}."
