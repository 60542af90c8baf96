"""Tables on whether networks are worth their multiply-accumulates."""

from __future__ import annotations

import math

import numpy as np

from tests.benchmarks.reporting.numbers.comparison import SAME, Comparison, compared, cost, curve, kinds, points
from tests.benchmarks.reporting.numbers.records import Network, Study, macs, share_right
from tests.benchmarks.reporting.numbers.saying import (
    Cell,
    Column,
    Says,
    Table,
    bounded,
    listing,
    missing,
    number,
    percent,
    says,
    word,
)
from tests.benchmarks.reporting.numbers.times import own_time, realised

SHARES = (0.25, 0.5, 0.75, 1.0)
"""Of the reference's cost, at which curves are read."""
Points = list[tuple[float, float]]


def pareto(study: Study) -> Table:
    """Who is dominated by whom."""
    found = compared(study)
    columns = [Column(Says("Network"), [network.as_row() for network in study.networks])]
    for kind in kinds(study):
        cells = [_standing(study, found, network, kind) for network in study.networks]
        columns.append(Column(Says(f"In {curve(study, kind).words}"), cells))
    return Table(columns)


def dominator(study: Study, network: Network, kind: str) -> Network | None:
    """The most accurate of those that cost no more and are no less accurate, of equal ones the cheapest."""
    accuracy = compared(study).accuracy
    place = {n: (cost(study, n, kind)[0], accuracy[n]) for n in study.networks}
    own, least = place[network]
    better = [n for n in place if place[n][0] <= own and place[n][1] >= least and place[n] != (own, least)]
    return max(better, key=lambda n: (place[n][1], -place[n][0]), default=None)


def _standing(study: Study, found: Comparison, network: Network, kind: str) -> Cell:
    other = dominator(study, network, kind)
    if other is None:
        return Cell(Says("on the front"), "", best=True)
    ratio = cost(study, network, kind)[0] / cost(study, other, kind)[0]
    clear = "" if found.differ(network, other) else ", open"
    gap = 100 * (found.accuracy[network] - found.accuracy[other])
    return word(other.name, says(f"{{}} points{clear}; {{}} × cost", gap, ratio))


def curves(study: Study) -> Table:
    """What is read from the curves of methods."""
    reference = next(network for network in study.networks if network.is_baseline)
    whole = float(reference.config["baseline"]["macs"])
    wanted = share_right(reference.answers()) - study.margin
    own = [(n, *_curve(n)) for n in study.networks if len(_curve(n)[1]) > 1]
    lines = [points(study, "macs"), *(line for *_, line in own)]
    static = word("Static curve", f"{len(lines[0])} points, static ResNets")
    texts = [network.as_row(f"{len(line)} points, settings", tip) for network, tip, line in own]
    columns = [Column(Says("Curve"), [static, *texts])]
    for share in SHARES:
        columns.append(Column(says("At {} % accuracy, %", 100 * share), [_read(line, share * whole) for line in lines]))
    head = says(f"MACs for {{}} % {study.unit[0]}", 100 * wanted)
    needed = [_needed(study, line, wanted, whole) for line in lines]
    columns.append(Column(head, needed, says("To be {} points below the static reference.", 100 * study.margin)))
    columns.append(Column(Says("Mean accuracy, %"), [_mean(line, whole) for line in lines]))
    size = says(f"… {{}} {study.unit[0]} MACs of the reference, {reference.name}. …", whole * study.unit[1])
    return Table(columns, note=says(size.words + "{} to {} %…", *size.numbers, 100 * SHARES[0], 100 * SHARES[-1]))


def _curve(network: Network) -> tuple[str, Points]:
    """The settings of different cost, of equal costs the first: their names, and costs with accuracies, ascending."""
    found: dict[float, tuple[float, str]] = {}
    for setting in network.settings:
        found.setdefault(network.routed(setting), (share_right(network.answers(setting)), setting))
    ordered = sorted(found.items())
    return ", ".join(name for _, (_, name) in ordered), [(own, accuracy) for own, (accuracy, _) in ordered]


def _at(line: Points, own: float) -> float:
    costs, accuracies = zip(*line, strict=True)
    return float(np.interp(math.log(own), np.log(costs), accuracies))


def _read(line: Points, own: float) -> Cell:
    if own * SAME < line[0][0]:
        return missing("costs more")
    if own > line[-1][0] * SAME:
        return missing("costs less")
    return percent(_at(line, own))


def _needed(study: Study, line: Points, wanted: float, whole: float) -> Cell:
    """The smallest cost at which a curve reaches an accuracy."""
    places = [0, *(k for k in range(1, len(line)) if line[k - 1][1] < wanted)]
    reached = next((k for k in places if line[k][1] >= wanted), None)
    if reached is None:
        return missing("not reached")
    (low, below), (high, above) = line[max(0, reached - 1)], line[reached]
    share = 1.0 if reached == 0 else (wanted - below) / (above - below)
    own = math.exp((1 - share) * math.log(low) + share * math.log(high))
    return number(own, study.unit[1], says("{} %", 100 * own / whole))


def _mean(line: Points, whole: float) -> Cell:
    """Area below a curve over the logarithm of the cost by its width, within the shares that are read."""
    low, high = max(SHARES[0] * whole, line[0][0]), min(SHARES[-1] * whole, line[-1][0])
    if not low < high:
        return missing("outside the range")
    stops = sorted({low, high, *(own for own, _ in line if low < own < high)})
    area = float(np.trapezoid([_at(line, own) for own in stops], np.log(stops)))
    return number(area / math.log(high / low), 100, says("{}–{} %", 100 * low / whole, 100 * high / whole))


def costs(study: Study) -> Table:
    """Four costs of every network and setting."""
    rows = [(network, setting) for network in study.networks for setting in network.settings]
    found = [network.cost(setting) for network, setting in rows]
    unit = f"{study.unit[0]} MACs"
    columns = [
        Column(Says("Network"), [network.as_row() for network, _ in rows]),
        Column(Says("Setting"), [_setting(network, setting) for network, setting in rows]),
        Column(Says(f"Nominal {unit}"), [macs(study, float(own["nominal"])) for own in found]),
        Column(Says(f"Routed {unit}"), [macs(study, network.routed(setting)) for network, setting in rows]),
        Column(Says(f"Executed {unit}"), [macs(study, float(own["executed"])) for own in found]),
    ]
    for name in ("fvcore", "ptflops"):
        cells = [number(float(own[name]), study.unit[1], _deviation(own[name] / own["nominal"] - 1)) for own in found]
        columns.append(Column(Says(f"{name} {unit}"), cells))
    for size in study.sizes:
        times = [bounded(own_time(n, size, setting).ends(scale=1 / size), 1e3) for n, setting in rows]
        gains = [bounded(realised(n, size, setting)) for n, setting in rows]
        columns.append(Column(Says(f"Time ms, batch {size}"), times, says("…{} %…", 95)))
        tip = says("…batch {}: {} is every saved MAC in time; {} %…", size, 1, 95)
        columns.append(Column(Says(f"Realised batch {size}"), gains, tip))
    return Table(columns, note=Says("…" + twins(study)))


def _setting(network: Network, setting: str) -> Cell:
    note = next(own["note"] for own in network.config["settings"] if own["name"] == setting)
    return word(setting, "headline" if setting == network.first else "", note)


def _deviation(share: float) -> Says:
    if share == 0:
        return Says("±0 %")
    if abs(share) < 1e-6:
        return Says(f"{'+' if share > 0 else '−'}<0.0001 %")
    return says("{} %", 100 * share)


def twins(study: Study) -> str:
    """A sentence that names settings with equal values, which were timed once; or nothing."""
    found = []
    for network in study.networks:
        own = network.at("latency", compute="needed").drop_duplicates("setting")
        groups = own.groupby("measured_as", sort=False)["setting"].agg(list)
        found += [f"{listing(names)} of {network.name}" for names in groups if len(names) > 1]
    return f" Settings with equal values are one, timed once: {'; '.join(found)}." if found else ""


DEFINITIONS = says("…FLOPs = {} × MACs. … at {} every saved…", 2, 1.0)
"""Of costs, before the tables."""
