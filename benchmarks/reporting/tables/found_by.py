"""Which attack it is that fools, at the headline radius."""

from __future__ import annotations

import pandas as pd

from benchmarks.measuring.attacks.contract import CLEAN, WORST
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.formatting import epsilons, percent
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text


@table("found_by", section="attack", order=20)
def found_by(evidence: Evidence) -> Table | None:
    """Networks x attacks in the order in which they were made, of the first seed; None without a worst case."""
    worst = {network.label: _worst(network.measurement("robustness")) for network in evidence.networks}
    made = [rows for rows in worst.values() if rows is not None]
    if not made:
        return None
    names = list(dict.fromkeys(name for rows in made for name in rows.attrs["made"]))
    rows = []
    for network in evidence.networks:
        cells: list[Cell] = [text(network.name, network=network.slug)]
        own = worst[network.label]
        for name in ("", CLEAN, *names):
            if own is None:
                cells.append(missing(network.reason("robustness")))
            else:
                share = float((own["by"] == name).mean())
                cells.append(Cell(text=percent(share), sort=share))
        rows.append(cells)
    radius = float(made[0]["epsilon"].iloc[0])
    return Table(
        title=f"What fools first, at ε {epsilons([radius])[radius]}",
        columns=[
            Column(name="Network", numeric=False),
            Column(name="Nothing", unit="%", tip="Right under every attack."),
            Column(name="Wrong anyway", unit="%", tip="Wrong without an attack."),
            *(Column(name=name, unit="%") for name in names),
        ],
        rows=rows,
        note="Of the first seed: each image counts for the first attack that fools it, from left to right; "
        "strong attacks get only images that are still right.",
    )


def _worst(table: pd.DataFrame | None) -> pd.DataFrame | None:
    """The rows of the worst case; `attrs["made"]` names the attacks behind it in the order in which they were made."""
    if table is None or "by" not in table or not (table["attack"] == WORST).any():
        return None
    rows = table[table["attack"] == WORST].copy()
    plain = [name for name in table["attack"].unique() if name not in (CLEAN, WORST)]
    later = [name for name in rows["by"].unique() if name not in ("", CLEAN, *plain)]
    rows.attrs["made"] = [*plain, *later]
    return rows
