"""Of every network: how often it was trained, where, by which code, and what is missing or uncertain."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_uppercase

from benchmarks.reporting.evidence.evidence import TRAINING, Evidence, NetworkEvidence
from benchmarks.reporting.evidence.precision import WIDE, half_width
from benchmarks.reporting.findings.provenance import processors
from benchmarks.reporting.formatting import duration, is_missing, listing, percent
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, Mark, marked, missing, text
from benchmarks.reporting.tables.marks import NOISY

OFF = "switched off"
"""The reason of a measurement that the study does not ask for."""
TODAYS, NOTHING = "today’s", "nothing"
"""Where all is well."""


@table("records", section="trust", order=10)
def records(evidence: Evidence) -> Table | None:
    """A row per network, those that failed last; None where there is none."""
    machines = machine_names(evidence)
    rows = [_row(evidence, network, machines) for network in evidence.networks]
    rows += [[_name(network), missing(network.failure), *[missing("")] * 6] for network in evidence.failed]
    if not rows:
        return None
    stale, lacks = (any(row[place].text not in (TODAYS, NOTHING) for row in rows) for place in (2, 3))
    return Table(
        title="Where the numbers come from",
        columns=[
            Column(name="Network", numeric=False),
            Column(name="Seeds", tip="How often it was trained; point at it for the seeds of random numbers."),
            Column(name="Code and options", numeric=False, long=stale, tip="Whether they are today’s."),
            Column(name="Not measured", numeric=False, long=lacks, tip="What the study asks for and has not."),
            Column(name="Machine", numeric=False, tip="Where it was trained, and where it was timed."),
            Column(name="Timing", unit="± %", best="low", tip="Widest 95 % interval of its speed-ups, half of it."),
            Column(name="Under attack", numeric=False, tip="Whether the accuracy may be too high."),
            Column(name="Time spent", best="low", tip="On training and measuring, all seeds."),
        ],
        rows=rows,
        note=_note(evidence, machines),
    )


def machine_names(evidence: Evidence) -> dict[str, str]:
    """A letter for every environment by its key, the one that made most first."""
    return {environment.key: _letters(place) for place, environment in enumerate(evidence.environments)}


def _letters(place: int) -> str:
    """A to Z, then AA, AB and so on."""
    rest, last = divmod(place, len(ascii_uppercase))
    return (_letters(rest - 1) if rest else "") + ascii_uppercase[last]


def _name(network: NetworkEvidence) -> Cell:
    return text(network.name, network=network.slug, tip=network.label)


def _row(evidence: Evidence, network: NetworkEvidence, machines: Mapping[str, str]) -> list[Cell]:
    seeds = ", ".join(str(model.specification["seed"]) for model in network.models)
    lacking: dict[str, list[str]] = {}
    for model in network.models:
        for evaluator, reason in model.reasons.items():
            if reason != OFF and evaluator not in lacking.get(reason, []):
                lacking.setdefault(reason, []).append(evaluator)
    lacks = [f"{listing(names)}: {reason}" for reason, names in lacking.items()]
    untrained = 0 if evidence.study.studies or network.is_given else evidence.study.repetitions - len(network.models)
    if untrained > 0:
        lacks.append(f"{untrained} seed{'s' if untrained > 1 else ''}: not trained")
    spent = sum(sum(model.spent.values()) for model in network.models)
    return [
        _name(network),
        Cell(text=str(len(network.models)), sort=len(network.models), tip=f"of random numbers: {seeds}"),
        text("stale", network.stale) if network.stale else text(TODAYS),
        text("; ".join(lacks) or NOTHING),
        text(_machine(evidence, network, machines)),
        _timing(evidence, network),
        _attacked(network),
        Cell(text=duration(spent), sort=spent),
    ]


def _machine(evidence: Evidence, network: NetworkEvidence, machines: Mapping[str, str]) -> str:
    labels = {network.label, *(f"{network.label} #{model.repetition + 1}" for model in network.models)}
    trained = [
        machines[environment.key]
        for environment in evidence.environments
        if labels & {*environment.networks.get(TRAINING, ())}
    ]
    timed = machines.get(network.timed_in, "")
    return ", ".join(trained) if not timed or trained == [timed] else f"{', '.join(trained)}; timed {timed}"


def _timing(evidence: Evidence, network: NetworkEvidence) -> Cell:
    point = evidence.headlines[network.label]
    widths = [half_width(point, f"speedup_{size}") for size in evidence.batch_sizes]
    known = [width for width in widths if not is_missing(width)]
    if not known:
        return missing(network.reason("latency"))
    cell = Cell(text=percent(max(known)), sort=max(known))
    return marked(cell, Mark(NOISY, "a wide interval")) if max(known) > WIDE else cell


def _attacked(network: NetworkEvidence) -> Cell:
    if network.overrated:
        return text("upper bound", network.overrated)
    checks = network.checks
    if not checks:
        return missing(network.reason("trust"))
    passed = sum(check.passed for check in checks)
    return text(f"{passed} of {len(checks)} checks pass")


def _note(evidence: Evidence, machines: Mapping[str, str]) -> str:
    data = sorted({model.data for network in evidence.networks for model in network.models})
    where = [
        f"{name} is {processor}"
        for name, processor in zip(machines.values(), processors(evidence.environments), strict=True)
    ]
    machine = f" Machines, described below: {listing(where)}." if where else ""
    fingerprint = f" Fingerprint of the data: {listing(data)}." if data else ""
    return (
        "Every record is named by a hash of what determines it: specification, content of the data, precision, device "
        f"and code.{machine}{fingerprint} What training cost in energy is not measured."
    )
