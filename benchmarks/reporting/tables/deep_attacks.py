"""What is left under strong and adaptive attacks, stage by stage."""

from __future__ import annotations

import pandas as pd

from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.measuring.summaries.intervals import wilson_interval
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.formatting import epsilons, listing, percent, span
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text


@table("deep_attacks", section="attack", order=25)
def deep_attacks(evidence: Evidence) -> Table | None:
    """Networks x norms, of the first seed: what is left, and what fools; None where no network was attacked so."""
    tables = {network.label: network.measurement("deep_attacks") for network in evidence.networks}
    made = [own for own in tables.values() if own is not None]
    if not made:
        return None
    every = pd.concat(made)
    different = every[["norm", "epsilon"]].drop_duplicates().to_dict("records")
    balls = [(str(row["norm"]), float(row["epsilon"])) for row in different]
    rows = []
    for network in evidence.networks:
        own = tables[network.label]
        cells: list[Cell] = [text(network.name, network=network.slug)]
        for norm, epsilon in balls:
            at = None if own is None else own[(own["norm"] == norm) & (own["epsilon"] == epsilon)]
            cells += [missing(network.reason("deep_attacks"))] * 2 if at is None or at.empty else _cells(at)
        rows.append(cells)
    columns = [Column(name="Network", numeric=False)]
    for norm, epsilon in balls:
        radius = epsilons([epsilon])[epsilon]
        columns.append(Column(name="Left", unit=f"%, {norm} ε {radius}", tip="Right under every attack."))
        columns.append(Column(name="Found by", numeric=False, tip="Images that each attack was the first to fool."))
    return Table(
        title="Strong and adaptive attacks",
        columns=columns,
        rows=rows,
        note=f"Of the first seed, the worst case per image over attacks that go through gates and exits too, with 95 % "
        f"intervals; {listing(sorted(f'{count} images' for count in set(every.groupby('norm')['index'].nunique())))}.",
    )


def _cells(at: pd.DataFrame) -> list[Cell]:
    left = int((at["by"] == "").sum())
    low, high = wilson_interval(left, len(at))
    stages = at[~at["by"].isin(["", CLEAN])].groupby("by")["stage"].agg(["min", "size"]).sort_values("min")
    found = ", ".join(f"{name} {row['size']}" for name, row in stages.iterrows())
    share = left / len(at)
    return [
        Cell(text=percent(share), sub=span(percent(low), percent(high)), sort=share),
        text(found or "nothing"),
    ]
