"""Accuracy under attack in numbers."""

from __future__ import annotations

from benchmarks.reporting import attacks
from benchmarks.reporting.evidence import Evidence
from benchmarks.reporting.formats import epsilons, percent
from benchmarks.reporting.tables.base import Cell, Column, Table, missing, number, text


def robustness(evidence: Evidence) -> Table | None:
    """Networks x (attack, epsilon), with intervals; None where nothing was attacked."""
    table = evidence.attacks
    found = attacks.names(table)
    if not found:
        return None
    names = epsilons(table["epsilon"])
    places = [(attacks.CLEAN, 0.0)]
    places += [
        (attack, epsilon)
        for attack in found
        for epsilon in sorted(set(table.loc[table["attack"] == attack, "epsilon"]))
    ]
    values = {(row["entry"], row["attack"], row["epsilon"]): row for row in table.to_dict("records")}
    rows = []
    for entry in evidence.entries:
        cells: list[Cell] = [text(entry.name, entry=entry.slug)]
        for attack, epsilon in places:
            row = values.get((entry.label, attack, epsilon))
            if row is None:
                cells.append(missing(entry.reason("robustness")))
            else:
                cells.append(number({str(key): row[key] for key in row}, "accuracy", percent, reason="", ends=True))
        rows.append(cells)
    columns = [Column(name="Network", numeric=False)]
    columns += [
        Column(name="Clean", unit="%")
        if attack == attacks.CLEAN
        else Column(name=attack, unit=f"%, ε {names[epsilon]}")
        for attack, epsilon in places
    ]
    return Table(
        name="robustness",
        title="Accuracy under attack",
        columns=columns,
        rows=rows,
        note="With 95 % Wilson intervals of one seed, or the standard deviation over several.",
    )
