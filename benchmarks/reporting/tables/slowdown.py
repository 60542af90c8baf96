"""Computation under attack in numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import pandas as pd

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.slowdown import CLEAN, COST, KEPT, LOST, NOISE, radii
from benchmarks.reporting.formatting import epsilons, is_missing, listing, percent
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, number, text

Values = Mapping[str, float]
UNKNOWN: Values = {}
TIME = "Mean seconds of the dearest images over those of the same images without an attack; 95 % interval."


@table("slowdown", section="attack", order=20)
def slowdown(evidence: Evidence) -> Table | None:
    """Networks whose cost was attacked x epsilon; None where none was."""
    measured = evidence.slowdown
    if measured.empty:
        return None
    names = epsilons(radii(measured))
    found = {
        (str(row["network"]), str(row["goal"]), float(row["epsilon"])): {str(name): row[name] for name in row}
        for row in measured.to_dict("records")
    }
    sizes = attacked_sizes(evidence)
    rows = [
        _row(evidence, network, found, epsilon, names[epsilon], sizes)
        for network in evidence.networks
        for epsilon in radii(measured)
        if (network.label, COST, epsilon) in found
    ]
    of = "% of nominal"
    columns = [
        Column(name="Network", numeric=False),
        Column(name="ε"),
        Column(name="Clean", unit=of, tip="Mean routed cost of the same images without an attack."),
        Column(name="Noise", unit=of, tip="Of each image the dearest of as many draws of uniform noise as steps."),
        Column(name="Slowdown", unit=of, tip="Of each image the dearest that was found, whatever its answer."),
        Column(name="Saving undone", unit="%", tip="What the attack takes back of what routing saves."),
        Column(name="At nominal", unit="% of images", tip="Images that run every unit under the slowdown attack."),
        *(Column(name="Time", unit=f"× clean, batch {size}", tip=TIME) for size in sizes),
        Column(name="Exit efficacy", tip="Area under the share of answered images over the cost (Hong et al. 2021)."),
        Column(name="Accuracy", unit="%", tip="On the dearest images."),
        Column(name="Answer kept", unit=of, tip="The dearest images with the answer of the clean image."),
        Column(name="Answer lost", unit=of, tip="The dearest images with a wrong answer, no cheaper than the clean."),
        Column(name="Accuracy then", unit="%", tip="Where the attack seeks a wrong answer too."),
    ]
    return Table(title="Computation under attack", columns=columns, rows=rows, note=_note(evidence, found))


def attacked_sizes(evidence: Evidence) -> list[int]:
    """Batch sizes at which networks were timed under attack, ascending."""
    found = (re.fullmatch(r"attacked_growth_(\d+)", str(column)) for column in evidence.results.columns)
    return sorted(int(match[1]) for match in found if match)


def _row(
    evidence: Evidence,
    network: NetworkEvidence,
    found: Mapping[tuple[str, str, float], Values],
    epsilon: float,
    name: str,
    sizes: Sequence[int],
) -> list[Cell]:
    point = evidence.headlines.get(network.label, UNKNOWN)
    radius = point.get("attacked_epsilon", math.nan)  # a mean over seeds
    timed = point if math.isclose(radius, epsilon) else UNKNOWN
    untimed = network.reason("attacked_latency") if is_missing(radius) else ""

    def cell(goal: str, figure: str, *, interval: bool = False) -> Cell:
        values = found.get((network.label, goal, 0.0 if goal == CLEAN else epsilon), UNKNOWN)
        return number(values, figure, percent, reason=network.reason("slowdown"), interval=interval)

    return [
        text(network.name, network=network.slug),
        Cell(text=name, sort=epsilon),
        cell(CLEAN, "share"),
        cell(NOISE, "share"),
        cell(COST, "share", interval=True),
        cell(COST, "undone"),
        cell(COST, "at_nominal"),
        *(number(timed, f"attacked_growth_{size}", "{:.2f}".format, reason=untimed, interval=True) for size in sizes),
        number(found[network.label, COST, epsilon], "efficacy", "{:.2f}".format, reason="no value"),
        cell(COST, "accuracy"),
        cell(KEPT, "share"),
        cell(LOST, "share"),
        cell(LOST, "accuracy"),
    ]


def _note(evidence: Evidence, found: Mapping[tuple[str, str, float], Values]) -> str:
    tables = [table for network in evidence.networks if (table := network.measurement("slowdown")) is not None]
    sought = pd.concat(tables).groupby("goal")["tries"].max()
    passed = [goal for goal in (KEPT, LOST) if goal in sought.index and sought[goal] == 0]
    on_the_way = (
        f" For answers {' and '.join(passed)}, only what was found on the way: no step sought them." if passed else ""
    )
    attacked = {label for label, _, _ in found}
    others = [network for network in evidence.networks if network.label not in attacked]
    fixed = [network.name for network in others if _reason(network).startswith("every image")]
    missing = [f"{network.name} ({_reason(network)})" for network in others if network.name not in fixed]
    left_out = f" Left out, since no image changes their cost: {', '.join(fixed)}." if fixed else ""
    return (
        "A lower bound: what was found, in multiply-accumulates. Early exits are pushed to the uniform distribution "
        f"and gates to open; what a smaller ball has counts in a larger one.{_timed(evidence)}"
        f"{on_the_way}{left_out}" + (f" Not attacked: {', '.join(missing)}." if missing else "")
    )


def _timed(evidence: Evidence) -> str:
    """How seconds under attack were taken; or nothing, where none were."""
    tables = [found for network in evidence.networks if (found := network.measurement("attacked_latency")) is not None]
    engines = sorted({str(name) for found in tables for name in found["engine"].dropna().unique()})
    if not attacked_sizes(evidence) or not engines:
        return ""
    one = engines[0] if len(engines) == 1 else f"the engine that is faster on the clean ones, of {listing(engines)}"
    whose = ", of seeds that were timed," if len(evidence.repetitions) > 1 else ""
    return (
        f" Times{whose} are mean seconds of the attacked images over those of the same images untouched, taken in "
        f"turns in {one}; below them: 95 % intervals."
    )


def _reason(network: NetworkEvidence) -> str:
    table = network.measurement("slowdown")
    return network.reason("slowdown") if table is None else str(table["note"].iloc[0])
