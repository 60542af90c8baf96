"""Networks as backbones of a detector."""

from __future__ import annotations

import math

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.findings.detection import Detectors, detectors, verdict
from benchmarks.reporting.formatting import count, percent, points, short_macs, span
from benchmarks.reporting.tables.base import Column, Fold, NoData, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text

TITLE = "Detection: the networks as backbones of Faster R-CNN"


@table("detection", section="worth", order=60)
def detection(evidence: Evidence) -> Table | None:
    """AP, difference from the static ResNet, AP50, cost of the trunk; None where no detector was trained."""
    found = _found(evidence)
    if found is None:
        return None
    columns = [
        Column(name="Network", numeric=False),
        Column(name="AP", unit="%", tip="Mean over overlaps from .50 to .95 and over classes.", best="high"),
        Column(name="Difference", unit="points of AP", tip="From the static ResNet.", best="high"),
        Column(name="AP50", unit="%", tip="At overlap .50.", best="high"),
        Column(name="Found", unit="%", tip="Objects that a detection of score .5 overlaps by half.", minor=True),
        Column(name="MACs", tip="Routed, of the trunk without its classifiers, mean per scene.", best="low"),
        Column(name="Seeds", minor=True),
    ]
    first = found.table[found.table["part"] == "all"].iloc[0]
    return Table(
        title=TITLE,
        columns=columns,
        rows=[_row(found, network) for network in evidence.networks if _asked(found, network)],
        note="Scenes are made of training images to train on, and of test images to test on: "
        f"{count(first['scenes'])} scenes with {count(first['objects'])} objects, the same for all. A trunk starts "
        "with its network’s weights. "
        "Below: 95 % intervals over seeds and scenes; those of the differences hold together; and the cost as a share "
        f"of every unit once. {verdict(found)}".rstrip(),
    )


@table("detection-classes", section="worth", order=61)
def classes(evidence: Evidence) -> Table | None:
    """AP by class; None where no detector was trained."""
    found = _found(evidence)
    if found is None:
        return None
    rows = found.table[found.table["part"] == "class"]
    numbers = sorted({int(number) for number in rows["index"]})
    means = rows.groupby(["network", "index"])["ap"].mean()
    of_objects = rows.groupby("index")["objects"].first()
    return Table(
        title="Detection by class",
        columns=[
            Column(name="Network", numeric=False),
            *(
                Column(name=f"Class {number}", unit="%", tip=f"{count(of_objects[number])} objects")
                for number in numbers
            ),
        ],
        rows=[
            [text(network.name, network=network.slug), *(_share(means[network.label, number]) for number in numbers)]
            for network in found.networks
        ],
        note="AP, means over seeds.",
        fold=Fold(heading="Every class", summary="AP of the detectors"),
    )


def _found(evidence: Evidence) -> Detectors | None:
    try:
        return detectors(evidence)
    except ValueError as error:
        raise NoData(f"{str(error)[:1].upper()}{str(error)[1:]}.", title=TITLE) from error


def _asked(found: Detectors, network: NetworkEvidence) -> bool:
    return network in found.networks or network.measurement("detection") is not None


def _row(found: Detectors, network: NetworkEvidence) -> list[Cell]:
    name = text(network.name, network=network.slug)
    if network not in found.networks:
        measured = network.measurement("detection")
        why = network.reason("detection") if measured is None else str(measured["note"].iloc[0])
        return [name, *(missing(why) for _ in range(6))]
    macs = found.mean(network, "macs")
    part = percent(macs / found.mean(network, "nominal"), 0)
    return [
        name,
        _precision(found, network, "ap"),
        _difference(found, network),
        _precision(found, network, "ap50"),
        _share(found.mean(network, "found") / found.mean(network, "objects")),
        Cell(text=short_macs(macs), sub=f"{part} %", sort=macs),
        Cell(text=str(found.seeds(network)), sort=float(found.seeds(network))),
    ]


def _precision(found: Detectors, network: NetworkEvidence, name: str) -> Cell:
    value, (low, high) = found.mean(network, name), found.interval(network, name)
    return Cell(text=percent(value), sub=span(percent(low), percent(high)), sort=value)


def _difference(found: Detectors, network: NetworkEvidence) -> Cell:
    if network is found.reference:
        return missing("the reference")
    if found.differences is None:
        return missing("no static ResNet was measured")
    others, contrasts = found.differences
    row = list(others).index(network)
    low, value, high = (float(ends[row]) for ends in (contrasts.low, contrasts.estimate, contrasts.high))
    return Cell(text=points(value), sub=f"{points(low)} to {points(high)}", sort=value)


def _share(value: float) -> Cell:
    return missing("no objects") if math.isnan(value) else Cell(text=percent(value), sort=float(value))
