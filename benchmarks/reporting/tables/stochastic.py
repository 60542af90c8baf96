"""Networks whose sampling is left on, by several passes."""

from __future__ import annotations

import pandas as pd

from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.measuring.summaries.intervals import wilson_interval
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.formatting import percent, span
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text

DETERMINISTIC = "deterministic"


@table("stochastic", section="attack", order=60)
def stochastic(evidence: Evidence) -> Table | None:
    """A row per network that samples, of the first seed; None where no network was measured so."""
    tables = [(network, network.measurement("stochastic")) for network in evidence.networks]
    sampled = [(network, own) for network, own in tables if own is not None and (own["rule"] != DETERMINISTIC).any()]
    if not sampled:
        return None
    rows = []
    for network, own in sampled:
        sure = own[own["rule"] == DETERMINISTIC]
        drawn = own[(own["rule"] == "mean") & (own["attack"] == CLEAN)]
        cells: list[Cell] = [text(network.name, network=network.slug), _right(sure)]
        for attacked in (False, True):
            cells += [
                _right(own[(own["rule"] == rule) & ((own["attack"] != CLEAN) == attacked)])
                for rule in ("mean", "majority")
            ]
        agree, cost = float(drawn["agree"].mean()), float(drawn["macs"].mean() / sure["macs"].mean())
        cells += [Cell(text=percent(agree), sort=agree), Cell(text=f"{percent(cost, 0)} %", sort=cost)]
        rows.append(cells)
    columns = [
        Column(name="Network", numeric=False),
        Column(name="Deployed", unit="%", tip="One deterministic pass."),
        Column(name="Mean", unit="%, clean", tip="By the mean logits of several random passes."),
        Column(name="Majority", unit="%, clean", tip="By the answer of most of them."),
        Column(name="Mean", unit="%, attacked"),
        Column(name="Majority", unit="%, attacked"),
        Column(name="Agree", unit="%", tip="Share of the random passes that say what the mean says, clean."),
        Column(name="MACs", tip="Of a random pass, relative to the deployed network's."),
    ]
    return Table(
        title="With sampling left on",
        columns=columns,
        rows=rows,
        note="Of the first seed, at the headline radius, with 95 % intervals. The attack follows the mean gradient "
        "over several draws and takes every step; other draws judge.",
    )


def _right(rows: pd.DataFrame) -> Cell:
    if rows.empty:
        return missing("not measured")
    right = int((rows["label"] == rows["prediction"]).sum())
    low, high = wilson_interval(right, len(rows))
    return Cell(text=percent(right / len(rows)), sub=span(percent(low), percent(high)), sort=right / len(rows))
