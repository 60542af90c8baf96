"""The beginning of the page: its first two tables, and warnings."""

from __future__ import annotations

import math
from dataclasses import replace

import zoo
from tests.benchmarks.reporting.numbers import attacked
from tests.benchmarks.reporting.numbers.comparison import Difference, against_static, compared, curve, kinds
from tests.benchmarks.reporting.numbers.records import Network, Study, accuracy
from tests.benchmarks.reporting.numbers.saying import (
    Cell,
    Column,
    Says,
    Table,
    duration,
    joined,
    listing,
    number,
    percent,
    says,
    with_best,
    word,
)
from tests.benchmarks.reporting.numbers.times import (
    BASELINE,
    WIDE,
    half_width,
    is_timed,
    own_time,
    seconds,
    speedup,
    timed,
)

WORDS = {"above": "beats", "below": "loses", "open": "open", "cheaper": "cheaper", "costlier": "costs more"}
"""What a table says of a verdict."""


def headline(study: Study) -> Table:
    """Every network at the setting that it proposes."""
    networks, unit = study.networks, study.unit
    attack, radius = attacked.headline(study)
    found = [
        Column(Says("Network"), [n.as_row(zoo.method(n.method).family, n.label) for n in networks]),
        Column(Says("Setting"), [word(n.first) for n in networks]),
        Column(
            Says("Accuracy %"), with_best([accuracy(n.answers()) for n in networks], high=True), says("Top-1…{} %…", 95)
        ),
        Column(Says("Rank"), [_rank(study, n) for n in networks]),
        Column(Says("Params k"), [number(float(n.cost()["parameters"]), 1e-3) for n in networks]),
        Column(Says(f"MACs {unit[0]}, of baseline"), with_best([_routed(n, unit[1]) for n in networks], high=False)),
        Column(Says("Executed % nominal"), [percent(n.routed() / n.cost()["nominal"]) for n in networks]),
    ]
    for size in study.ends:
        times = [timed(own_time(n, size, n.first).ends(scale=1 / size), 1e3) for n in networks]
        ratios = [timed(speedup(n, size, n.first).ends()) for n in networks]
        found.append(Column(Says(f"Time ms, batch {size}"), times, says("…{} %…", 95)))
        found.append(Column(Says(f"Speed-up batch {size}"), with_best(ratios, high=True), says("…{}; {} %…", size, 95)))
    robust = [at_most(n, accuracy(attacked.strongest(study, n))) for n in networks]
    found.append(Column(says(f"Robust % {attack} ε {{}}", radius), with_best(robust, high=True)))
    spent = [float(n.config["seconds"]) for n in networks]
    found.append(Column(Says("Training"), [Cell(duration(own), own) for own in spent]))
    return Table(found, note=joined("…: ", says("{} %…; below them: {} %…", 95, 95), _baselines(study)))


def at_most(network: Network, cell: Cell) -> Cell:
    """An accuracy under attack, as an upper bound where the attacks fail for a bad reason."""
    why = attacked.overrated(network)
    return cell if why is None else replace(cell, text=joined("≤ ", cell.text), tip=joined("upper bound: ", why))


def _rank(study: Study, network: Network) -> Cell:
    best, worst = compared(study).rank(network)
    text = says("{}", best) if best == worst else says("{}–{}", best, worst)
    return Cell(text, best + worst / 1000)


def _routed(network: Network, scale: float) -> Cell:
    routed = network.routed()
    share = says("{} %", 100 * routed / network.config["baseline"]["macs"])
    return number(routed, scale, "" if network.is_baseline else share)


def _baselines(study: Study) -> Says:
    """Which baselines networks have, but for those that are their own."""
    others = [n for n in study.networks if not n.is_baseline]
    names = {b: [n.name for n in others if n.baseline == b] for b in dict.fromkeys(n.baseline for n in others)}
    most = max(names, key=lambda baseline: len(names[baseline]))
    parts = [f"{baseline} for {listing(own)}" for baseline, own in names.items() if baseline != most]
    if not parts:
        return Says(f"… is the static ResNet {most}.")
    return Says(f"… is {listing([*parts, f'{most} for the others'])}.")


def static_curve(study: Study) -> Table:
    """Every network against static ResNets of its cost."""
    found = against_static(study)
    rows = [network for network in study.networks if not network.is_static]
    rows.sort(key=lambda network: not network.routes_differ)
    names = [n.as_row("routes" if n.routes_differ else "the same for all images") for n in rows]
    columns = [Column(Says("Network"), names)]
    for kind in kinds(study):
        line = curve(study, kind)
        own = {difference.network: difference for difference in found if difference.curve is line}
        head = Says(f"{line.words[0].upper()}{line.words[1:]} points")
        tip = Says(f"On this curve: {listing([network.name for network in line.networks])}.")
        columns.append(Column(head, [_difference(own[network]) for network in rows], tip))
    return Table(columns, note=says("…{} % interval…", 95))


def _difference(found: Difference) -> Cell:
    ends = says(f"{{}} to {{}}, {WORDS[found.verdict]}", 100 * found.low, 100 * found.high)
    at = f"at {{}} % of the costliest static network's {found.curve.words}"
    tip = says(at, 100 * found.cost / found.curve.ends[1])
    return replace(number(found.value, 100, ends, tip), best=found.verdict == "above")


def warnings(study: Study) -> list[Says]:
    """What to know before relying on it."""
    rated = [n.name for n in study.networks if attacked.overrated(n)]
    old = [n.name for n in study.networks if n.stale]
    names = "every network" if len(old) == len(study.networks) else listing(old)
    found = [Says(f"Stale (†), made by other code or options than today’s: {names}.")] if old else []
    found += [*_noise(study), *_unsteady(study), *_spread(study)]
    found += [Says(f"Accuracy under attack is an upper bound for {listing(rated)}: …")] if rated else []
    return found


def _noise(study: Study) -> list[Says]:
    """The baseline that came out least like itself."""
    found = [
        (abs(math.log(own.value)), own.value, size, network.name)
        for network in study.networks
        for size in study.sizes
        if network.is_baseline and (own := speedup(network, size, network.first)).verdict
    ]
    text = "{} came out {{}} times as fast as its baseline, which is the same network (batch {{}}): …"
    return [says(text.format(name), value, size) for _, value, size, name in [max(found)]] if found else []


def _unsteady(study: Study) -> list[Says]:
    """The first batch size at which the same baseline took 1.25 times as long beside one network as beside another."""
    for size in study.sizes:
        for baseline in dict.fromkeys(network.baseline for network in study.networks):
            taken = [seconds(n, size, BASELINE) for n in study.networks if n.baseline == baseline]
            if max(taken) > 1.25 * min(taken):
                text = f"…the same baseline ({baseline}) took {{}} ms per image in one process and {{}} ms in another "
                return [says(text + "(batch {})…", 1e3 * min(taken), 1e3 * max(taken), size)]
    return []


def _spread(study: Study) -> list[Says]:
    widths = [
        half_width(speedup(network, size, setting).ends())
        for network in study.networks
        for size in study.sizes
        for setting in network.settings
        if is_timed(network, size, setting)
    ]
    wide = sum(half > WIDE for half in widths)
    text = "In {} of {} timings the speed-up is known to no better than ±{} %."
    return [says(text, wide, len(widths), 100 * WIDE)] if wide else []
