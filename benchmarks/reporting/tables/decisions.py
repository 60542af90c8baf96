"""What deciding costs, in time, and how large a unit must be before skipping it pays."""

from __future__ import annotations

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.findings.provenance import timing_note
from benchmarks.reporting.formatting import is_missing, percent, significant
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, text


@table("decisions", section="time", order=16)
def decisions(evidence: Evidence) -> Table | None:
    """Every network that skips something at its headline setting, a row per batch size."""
    rows = [
        row for network in evidence.networks for size in evidence.batch_sizes if (row := _row(evidence, network, size))
    ]
    if not rows:
        return None
    unit = f"{evidence.unit.name} MACs"
    columns = [
        Column(name="Network", numeric=False),
        Column(name="Batch"),
        Column(name="Skipped", unit="%", tip="Share of the network's MACs that an image skips."),
        Column(name="Overhead", unit="µs", tip="Time of an image beyond what its MACs take at the baseline's rate."),
        Column(name="Per unit", unit=unit, tip="Overhead over the number of units, in MACs that take as long."),
        Column(name="Mean unit", unit=unit, tip="Nominal MACs over the number of units."),
        Column(name="Break-even", unit=unit, tip="Size of a unit from which on skipping that share saves time."),
        Column(name="Pays", numeric=False),
    ]
    return Table(
        title="What decisions cost, and how large a unit must be",
        columns=columns,
        rows=rows,
        note="At the headline setting, of the seeds that were timed. Overhead is the mean routed time less the time "
        "that the routed MACs take at the baseline's rate: gates, exits, gathering, and operators that are slower than "
        "the baseline's. Where a unit is smaller than the break-even, no gate in front of it can save time on this "
        "machine, against a static network of its own nominal MACs, which may be more than the baseline's."
        f"{timing_note(evidence)}",
    )


def _row(evidence: Evidence, network: NetworkEvidence, size: int) -> list[Cell] | None:
    names = ("executed_timed", "nominal_timed", f"latency_{size}", f"static_{size}")
    executed, nominal, routed, static = (evidence.value(network, name) for name in names)
    if any(is_missing(value) for value in (executed, nominal, routed, static)) or not executed < nominal:
        return None
    units = len(network.first.units)
    seconds_per_mac = static / network.first.baseline.macs
    overhead = routed - executed * seconds_per_mac
    per_unit = overhead / seconds_per_mac / units
    skipped = 1 - executed / nominal
    pays = per_unit < skipped * nominal / units
    scale = evidence.unit.size

    def macs(value: float) -> Cell:
        return Cell(text=significant(value / scale), sort=value)

    return [
        text(network.name, network=network.slug),
        Cell(text=str(size), sort=size),
        Cell(text=percent(skipped), sort=skipped),
        Cell(text=significant(1e6 * overhead), sort=overhead),
        macs(per_unit),
        macs(nominal / units),
        macs(per_unit / skipped),
        text("yes" if pays else "no"),
    ]
