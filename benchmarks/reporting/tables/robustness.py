"""Accuracy under attack in numbers."""

from __future__ import annotations

from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.robustness import attack_names
from benchmarks.reporting.formatting import epsilons, interval_words
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, accuracy, at_most, missing, text


@table("robustness", section="attack", order=10)
def robustness(evidence: Evidence) -> Table | None:
    """Networks x (attack, epsilon), with intervals; None where nothing was attacked."""
    table = evidence.robustness
    kinds = attack_names(table)
    if not kinds:
        return None
    names = epsilons(table["epsilon"])
    places = [(CLEAN, 0.0)]
    places += [
        (attack, epsilon)
        for attack in kinds
        for epsilon in sorted(set(table.loc[table["attack"] == attack, "epsilon"]))
    ]
    found = {(row["network"], row["attack"], row["epsilon"]): row for row in table.to_dict("records")}
    rows = []
    for network in evidence.networks:
        cells: list[Cell] = [text(network.name, network=network.slug)]
        for attack, epsilon in places:
            row = found.get((network.label, attack, epsilon))
            if row is None:
                cells.append(missing(network.reason("robustness")))
            else:
                values = {str(name): row[name] for name in row}
                cells.append(at_most(accuracy(values, reason="no value"), "" if attack == CLEAN else network.overrated))
        rows.append(cells)
    columns = [Column(name="Network", numeric=False)]
    columns += [
        Column(name="Clean", unit="%") if attack == CLEAN else Column(name=attack, unit=f"%, ε {names[epsilon]}")
        for attack, epsilon in places
    ]
    return Table(
        title="Accuracy under attack",
        columns=columns,
        rows=rows,
        note=f"Below: {interval_words(table['seeds'])}.",
    )
