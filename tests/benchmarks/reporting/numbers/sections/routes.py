"""Tables on the routes of images."""

from __future__ import annotations

from tests.benchmarks.reporting.numbers.records import Network, Study, macs, right
from tests.benchmarks.reporting.numbers.saying import Cell, Column, Says, Table, percent, says


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
    return Table(columns, around=[says("{} distinct routes among {} test images. …", len(found), len(answers))])


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
