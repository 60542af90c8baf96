"""Tables on the routes of images."""

from __future__ import annotations

import pandas as pd

from tests.benchmarks.reporting.numbers.information import SHOWN, bits, information
from tests.benchmarks.reporting.numbers.records import Network, Study, macs, right
from tests.benchmarks.reporting.numbers.saying import Cell, Column, Estimate, Says, Table, joined, number, percent, says


def common(study: Study, network: Network) -> Table:
    """The five most common routes of a network."""
    answers = network.answers()
    grouped = answers.assign(right=right(answers)).groupby("route")
    found = grouped.agg(images=("index", "size"), right=("right", "mean"), macs=("macs", "mean")).reset_index()
    shown = found.sort_values(["images", "route"], ascending=[False, True]).head(5)
    columns = [
        Column(Says("Route"), [_route(network, route) for route in shown["route"]]),
        Column(Says("Images %"), [percent(images / len(answers)) for images in shown["images"]]),
        Column(Says("Accuracy %"), [percent(share) for share in shown["right"]]),
        Column(Says(f"MACs {study.unit[0]}"), [macs(study, own) for own in shown["macs"]]),
    ]
    return Table(columns, note=says("{} distinct routes among {} test images. …", len(found), len(answers)))


def _route(network: Network, route: str) -> Cell:
    """A square per unit, with a gap between stages; its units are said over it."""
    used = ", ".join(unit for digit, unit in zip(route, network.units, strict=True) if digit == "1")
    squares, before = "", network.units[0].split(".")[0]
    for digit, unit in zip(route, network.units, strict=True):
        stage = unit.split(".")[0] if "." in unit else before
        squares += " " * (stage != before) + "□■"[int(digit)]
        before = stage
    return Cell(Says(squares), route, tip=Says(used))


def fixed(study: Study) -> Says:
    """Networks in which every image takes the same route, with how many of their units that has."""
    found = [network for network in study.networks if not network.routes_differ]
    used = [network.answers()["route"].iloc[0].count("1") for network in found]
    texts = "; ".join(f"{network.name} ({{}} of {{}} units)" for network in found)
    counts = [number for network, own in zip(found, used, strict=True) for number in (own, len(network.units))]
    return says(f"Every image takes the same route in {texts}.", *counts)


def statistics(study: Study) -> Table:
    """How much routes differ, and what they know of classes and of right answers."""
    made = study.routing
    tables = [network.answers() for network in made]
    counts = [own["route"].str.count("1") for own in tables]
    classes = [count.groupby(own["label"]).mean() for own, count in zip(tables, counts, strict=True)]
    columns = [
        Column(Says("Network"), [network.as_row(f"{len(network.units)} units") for network in made]),
        Column(Says("Units per image"), [number(own.mean(), small=says("± {}", own.std())) for own in counts]),
        Column(Says("Classes units"), [_range(own.min(), own.max()) for own in classes]),
        Column(Says("Routes"), [number(own["route"].nunique()) for own in tables]),
        Column(Says("Entropy bits"), [number(bits(own["route"])) for own in tables], says("…; {} if all take …", 0)),
        Column(Says("About the class bits"), [_information(own["route"], own["label"]) for own in tables]),
        Column(Says("About right answers bits"), [_information(own["route"], right(own)) for own in tables]),
    ]
    text = "Of {} test images, first seed. … share p of {} permutations …; bold where p is below {}. …"
    spread = [own.max() - own.min() for own in classes]
    paper = says(" ({}) print {} ± {} …", 2018, 10.81, 1.11)
    here = says("; here classes differ by {} to {} units.", min(spread), max(spread))
    return Table(columns, note=joined(says(text, study.images, SHOWN, CERTAIN), paper, here))


CERTAIN = 0.01
"""What p of a bold cell is below."""


def _range(low: float, high: float) -> Cell:
    return Cell(says("{} to {}", low, high), high - low)


def _information(routes: pd.Series[str], labels: pd.Series) -> Cell:
    """Up to what chance makes of it, which may decide whether it is bold; `test_tables.py` looks at that."""
    if labels.nunique() == 1:
        return Cell(Says("0"), 0.0, Says("nothing to know"))
    found = information(routes, labels)
    share = Estimate(100 * max(found.bits, 0.0) / found.most, 100 * found.bits.within / found.most)
    return Cell(says("{}", found.bits), found.bits, says("{} %, p {}", share, found.p), best=None)
