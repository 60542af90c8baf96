"""Joules, side by side: routed, everything, the static ResNet; and why there are none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from benchmarks.reporting.drawing.formatting import is_missing, listing, percent, significant
from benchmarks.reporting.evidence.evidence import Entry, Evidence
from benchmarks.reporting.evidence.points import energy_sizes
from benchmarks.reporting.tables.base import Column, NoData, Table, table
from benchmarks.reporting.tables.cells import Cell, number, text


@table("energy", section="time", order=20)
def energy(evidence: Evidence) -> Table | None:
    """Every network whose energy was measured, a row per batch size; None where no network was trained.

    Raises:
        NoData: no network has its energy measured; the reason says why.
    """
    measured, sizes = _measured(evidence), energy_sizes(evidence.points)
    reasons = _reasons(evidence)
    if not measured and reasons:
        raise NoData(f"{'; '.join(reasons)}.", title="Energy per picture")
    if not measured:
        return None
    columns = [
        Column(name="Network", numeric=False),
        Column(name="Batch"),
        Column(name="Routed", unit="mJ", tip="Median per picture, only the needed units; quartiles."),
        Column(name="Idle share", unit="%", tip="What the GPU takes in that time doing nothing."),
        Column(name="Everything", unit="mJ", tip="The same network computing every unit."),
        Column(name="Static", unit="mJ", tip="The static ResNet, served alike, measured in turns."),
        Column(name="Saving", tip="Static over routed: above 1 it takes less than the static ResNet."),
    ]
    rows = [_row(evidence, entry, size) for entry in measured for size in sizes if _known(evidence, entry, size)]
    return Table(
        title="Energy per picture by batch size, at the headline setting",
        columns=columns,
        rows=rows,
        note=f"The whole GPU’s, by NVML’s counter, idle power included; not the host’s. {_others(reasons)}".strip(),
    )


def _measured(evidence: Evidence) -> list[Entry]:
    sizes = energy_sizes(evidence.points)
    return [entry for entry in evidence.entries if any(_known(evidence, entry, size) for size in sizes)]


def _known(evidence: Evidence, entry: Entry, size: int) -> bool:
    return not is_missing(evidence.value(entry, f"energy_{size}"))


def _reasons(evidence: Evidence) -> dict[str, list[str]]:
    """Names of the networks without energy, by the reason."""
    found: dict[str, list[str]] = defaultdict(list)
    measured = _measured(evidence)
    for entry in evidence.entries:
        if entry not in measured:
            notes = [model.tables["energy"]["note"].iloc[0] for model in entry.models if "energy" in model.tables]
            found[next(iter(notes), entry.reason("energy"))].append(entry.name)
    return found


def _others(reasons: Mapping[str, Sequence[str]]) -> str:
    return " ".join(f"{listing(names)}: {reason}." for reason, names in reasons.items())


def _row(evidence: Evidence, entry: Entry, size: int) -> list[Cell]:
    point = dict(evidence.headlines[entry.label])
    routed, idle, static = (point[f"{kind}_{size}"] for kind in ("energy", "energy_idle", "energy_static"))
    point |= {"share": idle / routed, "saving": static / routed}
    return [
        text(entry.name, entry=entry.slug),
        Cell(text=str(size), sort=size),
        number(point, f"energy_{size}", _millijoules, reason="", ends=True),
        number(point, "share", lambda value: percent(value, 0), reason=""),
        number(point, f"energy_dense_{size}", _millijoules, reason=""),
        number(point, f"energy_static_{size}", _millijoules, reason=""),
        number(point, "saving", lambda value: f"{value:.2f}", reason=""),
    ]


def _millijoules(joules: float) -> str:
    return significant(1000 * joules)
