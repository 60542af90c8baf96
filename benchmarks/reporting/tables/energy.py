"""Energy of networks and of their baselines, and why there is none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.setting_results import energy_sizes
from benchmarks.reporting.formatting import is_missing, listing, percent, significant
from benchmarks.reporting.tables.base import Column, NoData, Table, table
from benchmarks.reporting.tables.cells import Cell, number, text


@table("energy", section="time", order=20)
def energy(evidence: Evidence) -> Table | None:
    """Every network whose energy was measured, a row per batch size; None where no network was trained.

    Raises:
        NoData: no network has its energy measured; the reason says why.
    """
    measured, sizes = _measured(evidence), energy_sizes(evidence.results)
    reasons = _reasons(evidence)
    if not measured and reasons:
        raise NoData(f"{'; '.join(reasons)}.", title="Energy per image")
    if not measured:
        return None
    columns = [
        Column(name="Network", numeric=False),
        Column(name="Batch"),
        Column(name="Routed", unit="mJ", tip="Median per image, only the needed units; quartiles."),
        Column(name="Idle share", unit="%", tip="What the GPU takes in that time doing nothing."),
        Column(name="Everything", unit="mJ", tip="The same network computing every unit."),
        Column(name="Baseline", unit="mJ", tip="The baseline, served in the same way, measured in turns."),
        Column(name="Saving", tip="Baseline over routed: above 1 it takes less than the baseline."),
    ]
    rows = [_row(evidence, network, size) for network in measured for size in sizes if _known(evidence, network, size)]
    return Table(
        title="Energy per image by batch size, at the headline setting",
        columns=columns,
        rows=rows,
        note=f"The whole GPU’s, by NVML’s counter, idle power included; not the host’s. {_others(reasons)}".strip(),
    )


def _measured(evidence: Evidence) -> list[NetworkEvidence]:
    sizes = energy_sizes(evidence.results)
    return [network for network in evidence.networks if any(_known(evidence, network, size) for size in sizes)]


def _known(evidence: Evidence, network: NetworkEvidence, size: int) -> bool:
    return not is_missing(evidence.value(network, f"energy_{size}"))


def _reasons(evidence: Evidence) -> dict[str, list[str]]:
    """Names of the networks without energy, by the reason."""
    found: dict[str, list[str]] = defaultdict(list)
    measured = _measured(evidence)
    for network in evidence.networks:
        if network not in measured:
            table = network.measurement("energy")
            reason = network.reason("energy") if table is None else str(table["note"].iloc[0])
            found[reason].append(network.name)
    return found


def _others(reasons: Mapping[str, Sequence[str]]) -> str:
    return " ".join(f"{listing(names)}: {reason}." for reason, names in reasons.items())


def _row(evidence: Evidence, network: NetworkEvidence, size: int) -> list[Cell]:
    point = dict(evidence.headlines[network.label])
    routed, idle, static = (point[f"{kind}_{size}"] for kind in ("energy", "energy_idle", "energy_static"))
    point |= {"share": idle / routed, "saving": static / routed}
    return [
        text(network.name, network=network.slug),
        Cell(text=str(size), sort=size),
        number(point, f"energy_{size}", _millijoules, reason="", interval=True),
        number(point, "share", lambda value: percent(value, 0), reason=""),
        number(point, f"energy_dense_{size}", _millijoules, reason=""),
        number(point, f"energy_static_{size}", _millijoules, reason=""),
        number(point, "saving", lambda value: f"{value:.2f}", reason=""),
    ]


def _millijoules(joules: float) -> str:
    return significant(1000 * joules)
