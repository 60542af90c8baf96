"""Accuracy and cost on corrupted images, in numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.findings.corruptions import by_severity, correlation, corrupted
from benchmarks.reporting.formatting import count, listing, percent, signed
from benchmarks.reporting.tables.base import Column, Fold, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text

CLEAN = "Clean"


@table("corruptions", section="attack", order=70)
def corruptions(evidence: Evidence) -> Table | None:
    """Means over corruptions by severity, and the rank correlation; None where nothing was corrupted."""
    found = evidence.corruptions
    if found.empty:
        return None
    severities = sorted(set(found["severity"]))
    rows = []
    for network in evidence.networks:
        own = by_severity(corrupted(evidence, network)).set_index("severity").to_dict("index")
        cells: list[Cell] = [text(network.name, network=network.slug)]
        cells += [_cell(own.get(severity), network) for severity in severities]
        rows.append([*cells, _correlation(evidence, network)])
    names = [str(name) for name in found.loc[found["severity"] > 0, "corruption"].unique()]
    sources = listing(sorted({str(source) for source in found.loc[found["severity"] > 0, "source"]}))
    return Table(
        title="Accuracy on corrupted images, by severity",
        columns=[
            Column(name="Network", numeric=False),
            *(Column(name=CLEAN if severity == 0 else str(severity), unit="%") for severity in severities),
            Column(name="ρ", tip="Rank correlation between error and cost: above 0, harder images cost more."),
        ],
        rows=rows,
        note=f"Means over {len(names)} corruptions ({listing(names)}; made by {sources}) of "
        f"{count(found['images'].max())} images. Below: mean routed cost in percent of that of the same images "
        "uncorrupted. ρ: Spearman’s, over the means of each corruption at each severity, n of them; they are not "
        "independent of each other.",
    )


def _cell(values: Mapping[Any, float] | None, network: NetworkEvidence) -> Cell:
    if values is None:
        return missing(network.reason("corruptions"))
    cost = f"{percent(values['relative'], 0)} % MACs"
    return Cell(text=percent(values["accuracy"]), sub=cost, sort=float(values["accuracy"]))


def _correlation(evidence: Evidence, network: NetworkEvidence) -> Cell:
    rows = corrupted(evidence, network)
    if rows.empty:
        return missing(network.reason("corruptions"))
    value, pairs = correlation(rows)
    if math.isnan(value):
        return missing("same cost for all" if rows["relative"].nunique() < 2 else "too few means")
    return Cell(text=signed(value), sub=f"n = {pairs}", sort=value)


@table("corruptions-each", section="attack", order=71)
def each(evidence: Evidence) -> Table | None:
    """A row per network and corruption; None where nothing was corrupted."""
    found = evidence.corruptions[evidence.corruptions["severity"] > 0]
    if found.empty:
        return None
    severities = sorted(set(found["severity"]))
    rows: list[list[Cell]] = []
    for network in evidence.networks:
        for corruption, group in found[found["network"] == network.label].groupby("corruption", sort=False):
            own = group.set_index("severity")[["accuracy", "relative"]].to_dict("index")
            cells = [_cell(own.get(severity), network) for severity in severities]
            rows.append([text(network.name, network=network.slug), text(str(corruption)), *cells])
    return Table(
        title="Accuracy by corruption and severity",
        columns=[
            Column(name="Network", numeric=False),
            Column(name="Corruption", numeric=False),
            *(Column(name=str(severity), unit="%") for severity in severities),
        ],
        rows=rows,
        note="Below: mean routed cost in percent of that of the same images uncorrupted.",
        fold=Fold(heading="Every corruption", summary="at every severity: accuracy and cost"),
    )
