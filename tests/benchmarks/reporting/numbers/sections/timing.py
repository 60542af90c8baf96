"""Tables on whether saved multiply-accumulates are saved time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd

from tests.benchmarks.reporting.numbers.records import Network, Study, macs
from tests.benchmarks.reporting.numbers.saying import (
    Cell,
    Column,
    Says,
    Table,
    joined,
    listed,
    missing,
    number,
    percent,
    says,
    word,
)
from tests.benchmarks.reporting.numbers.sections.worth import twins
from tests.benchmarks.reporting.numbers.times import (
    BASELINE,
    narrow,
    own_time,
    realised,
    routed,
    seconds,
    speedup,
    timed,
    turns,
)

ENGINES = ("PyTorch", "PyTorch, fused", "torch.compile", "torch.compile max-autotune", "ONNX Runtime", "OpenVINO")
"""In the order of columns."""
PERCENTILES = (50, 90, 99)
FEWEST = 20
"""Timings below which there are no percentiles."""


def timing(study: Study) -> Table:
    """Networks that skip something, by batch size."""
    rows = [(network, size) for network in _savers(study) for size in study.sizes]
    turned = [turns(network, size) for network, size in rows]
    columns = [
        Column(Says("Network"), [_network(study, network, size) for network, size in rows]),
        Column(Says("Batch"), [number(size, small=_engines(network, size)) for network, size in rows]),
        Column(
            Says("Routed ms"),
            [timed(own_time(n, size, n.first).ends(scale=1 / size), 1e3) for n, size in rows],
            says("…{} %…", 95),
        ),
    ]
    for head, order, compute, setting in (
        ("By route ms", "sorted", "needed", ""),
        ("Everything ms", "natural", "all", ""),
        ("Baseline ms", *BASELINE),
        ("Compiled ms", "natural", "compiled", BASELINE[2]),
    ):
        means = [seconds(n, size, (order, compute, setting or n.first)) for n, size in rows]
        if head != "Compiled ms" or not np.isnan(means).all():
            columns.append(Column(Says(head), [missing() if np.isnan(own) else number(own, 1e3) for own in means]))
    columns += [
        Column(Says("Speed-up"), [timed(speedup(n, size, n.first).ends()) for n, size in rows], says("…{} %…", 95)),
        Column(Says("Realised"), [timed(realised(n, size, n.first)) for n, size in rows], says("{}…{} %…", 1, 95)),
        Column(
            Says("Turns"),
            [
                replace(number(len(own)), small=Says("narrow" if narrow(n, size) else "time spent"))
                for (n, size), own in zip(rows, turned, strict=True)
            ],
        ),
    ]
    note = [says("…{} %…{} % interval of the speed-up is above {}…", 95, 99.9, 1), _chosen(study), budget(study)]
    return Table(columns, note=joined(*note, twins(study)))


def _savers(study: Study) -> list[Network]:
    return [network for network in study.networks if network.cost()["executed"] < network.cost()["nominal"]]


def _network(study: Study, network: Network, size: int) -> Cell:
    """With the batch size from which on it is faster, in its first row."""
    slower = [own for own in study.sizes if speedup(network, own, network.first).verdict < 1]
    later = [own for own in study.sizes if own > max(slower, default=0)]
    text = says("faster than the baseline from batch {}", later[0]) if later else None
    small = text or Says("not faster than the baseline at the largest batch")
    return network.as_row(small if size == study.sizes[0] else "")


def _used(network: Network, size: int) -> tuple[str, str]:
    """The engines in which a network and its baseline were timed."""
    rows = network.at("latency", batch_size=size, order="natural")
    timed = rows[rows["ended_by"] != "race"]
    own = timed[(timed["setting"] == network.first) & (timed["compute"] == "needed")]["engine"]
    return own.iloc[0], timed[(timed["setting"] == BASELINE[2]) & (timed["compute"] == "all")]["engine"].iloc[0]


def _engines(network: Network, size: int) -> str:
    own, baseline = _used(network, size)
    return own if own == baseline else f"{own}; baseline {baseline}"


def _chosen(study: Study) -> Says:
    """Who was timed in which engine."""
    used = [_used(network, size) for network in study.networks for size in study.sizes]
    own, others = (_counted([pair[side] for pair in used]) for side in (0, 1))
    return joined("…: networks in ", own, ", baselines in ", others, ".")


def _counted(names: list[str]) -> Says:
    return listed([says(f"{name} ({{}} of {{}})", n, len(names)) for name, n in Counter(names).most_common()])


def budget(study: Study) -> Says:
    """How often the time ended turns before intervals were narrow; or nothing."""
    ended = [narrow(network, size) for network in study.networks for size in study.sizes]
    return says(" In {} of {} timings…", ended.count(False), len(ended)) if not all(ended) else Says("")


def engines(study: Study) -> Table:
    """What engines made of networks and baselines before one was chosen."""
    rows = [
        (network, size, what, _race(network, size, what == "baseline"))
        for network in study.networks
        for size in study.sizes
        for what in ("network", "baseline")
    ]
    rows = [row for row in rows if len(row[-1])]
    shown = [name for name in ENGINES if any(name in medians for *_, medians in rows)]
    columns = [
        Column(Says("Network"), [network.as_row() for network, *_ in rows]),
        Column(Says("Batch"), [number(size) for _, size, *_ in rows]),
        Column(Says("What"), [word(what) for *_, what, _ in rows]),
    ]
    columns += [Column(Says(f"{name} ms"), [_median(medians, name) for *_, medians in rows]) for name in shown]
    return Table(columns, note=Says("…One thread, 32-bit floating point."))


def _median(medians: pd.Series[float], name: str) -> Cell:
    if name not in medians:
        return missing()
    return replace(number(float(medians[name]), 1e3), best=medians[name] == medians.min())


def _race(network: Network, size: int, baseline: bool) -> pd.Series[float]:
    """Median seconds of an image by engine, the first pass left out."""
    rows = network.at("latency", batch_size=size, order="natural", ended_by="race")
    rows = rows[(rows["repetition"] > 0) & ((rows["setting"] == BASELINE[2]) == baseline)]
    return (rows if baseline else rows[rows["compute"] == "needed"]).groupby("engine")["seconds"].median() / size


def decisions(study: Study) -> Table:
    """What deciding costs."""
    rows = [(network, size) for network in _savers(study) for size in study.sizes]
    cells = [_decision(study, network, size) for network, size in rows]
    unit = f"{study.unit[0]} MACs"
    heads = [
        "Network",
        "Batch",
        "Skipped %",
        "Overhead µs",
        f"Per unit {unit}",
        f"Mean unit {unit}",
        f"Break-even {unit}",
        "Pays",
    ]
    return Table(
        [Column(Says(head), own) for head, own in zip(heads, map(list, zip(*cells, strict=True)), strict=True)]
    )


def _decision(study: Study, network: Network, size: int) -> list[Cell]:
    cost, units = network.cost(), len(network.units)
    rate = seconds(network, size, BASELINE) / network.config["baseline"]["macs"]
    overhead = seconds(network, size, routed(network.first)) - cost["executed"] * rate
    skipped, each, unit = 1 - cost["executed"] / cost["nominal"], overhead / rate / units, cost["nominal"] / units
    pays = each < skipped * unit
    values = [macs(study, each), macs(study, unit), macs(study, each / skipped)]
    return [
        network.as_row(),
        number(size),
        percent(skipped),
        number(overhead, 1e6),
        *values,
        word("yes" if pays else "no"),
    ]


def paths(study: Study) -> Table:
    """Percentiles of single images: all, and those on the short and on the long path."""
    rows = []
    for network in study.networks:
        timed = network.at("latency", batch_size=1, order="natural", compute="needed", setting=network.first)
        timed = timed[timed["ended_by"] != "race"]
        short = timed["macs"] < (timed["macs"].min() + timed["macs"].max()) / 2
        rows.append((network, "any", timed))
        rows += [(network, "short", timed[short]), (network, "long", timed[~short])] if short.any() else []
    columns = [
        Column(Says("Network"), [network.as_row() for network, *_ in rows]),
        Column(Says("Path"), [word(path) for _, path, _ in rows]),
        Column(Says("n"), [number(len(own)) for *_, own in rows]),
    ]
    for percentile in PERCENTILES:
        cells = [_percentile(own["seconds"], percentile) for *_, own in rows]
        columns.append(Column(says("p{} ms", percentile), cells))
    return Table(columns, note=says("…fewer than {} timings…", FEWEST))


def _percentile(values: pd.Series[float], percentile: int) -> Cell:
    if len(values) < FEWEST:
        return missing(f"fewer than {FEWEST}")
    return number(float(np.percentile(values, percentile)), 1e3)
